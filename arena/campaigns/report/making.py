"""Makes the files of a report from an export folder, writes them, and makes them again to compare."""

import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from arena.campaigns.report import words
from arena.campaigns.report.elsewhere import every_eval_ever, inspect_log, llm_comparator
from arena.campaigns.report.folder import CampaignFolder, read_folder
from arena.campaigns.report.page import report_page
from arena.campaigns.report.paper import bibtex, latex_report, methods
from arena.campaigns.report.plots import picture
from arena.campaigns.report.raters_and_items import answers_of, contested_items, rater_summaries
from arena.campaigns.report.results import PairResult, pair_results
from arena.campaigns.report.standing import standing_judgements
from arena.campaigns.report.tables import csv_text, json_lines, json_text, judgement_rows
from arena.errors import BadConfiguration
from arena.version import program_version

REPORT = "report"  # the folder of a report, in that of its export
PAGE = "report.html"


@dataclass(frozen=True, slots=True)
class ReportReplay:
    """A report that was made again.

    Attributes:
        files: how many files it has.
        different: those that are not the same byte for byte, are missing or are too many.
    """

    files: int
    different: tuple[str, ...]


def report_files(folder: CampaignFolder) -> dict[str, bytes]:
    """Return the files of a report by name; the same folder gives the same bytes."""
    standing = standing_judgements(folder)
    results = pair_results(folder, standing)
    raters = rater_summaries(folder, standing)
    contested = contested_items(folder, standing)
    answers = answers_of(folder, standing)
    document = {
        "format": 1,
        "campaign": folder.design.get("name"),
        "title": folder.design.get("title"),
        "design_hash": folder.design_hash,
        "data_sha256": folder.sha256,
        "contenders": folder.contenders,
        "alpha": words.alpha_of(folder),
        "pairs": [_pair_values(folder, one) for one in results],
        "raters": raters,
        "answers": answers,
        "contested": contested,
        "overlap": folder.overlap,
        "early_looks": folder.early_looks,
        "methods": methods(folder, results, raters),
    }
    texts = {
        PAGE: report_page(folder, results, raters, contested, answers),
        "report.json": json_text(document),
        "pairs.csv": csv_text([_pair_row(folder, one) for one in results]),
        "raters.csv": csv_text([_rater_row(asdict(one)) for one in raters]),
        "judgements.csv": csv_text(judgement_rows(standing)),
        "judgements.jsonl": json_lines(judgement_rows(standing)),
        "llm_comparator.json": json_text(llm_comparator(folder, standing)),
        "inspect_log.json": json_text(inspect_log(folder, standing)),
        "every_eval_ever.jsonl": json_lines(every_eval_ever(folder, results, program_version())),
        "report.tex": latex_report(folder, results, raters),
        "citation.bib": bibtex(folder),
        "picture.svg": _picture(folder, results[0]),
    }
    return {name: text.encode() for name, text in texts.items()}


def write_report(folder: Path, out: Path | None = None) -> tuple[str, ...]:
    """Write the report of an export folder to `out`, by default to `report` in it; return the names of its files.

    A report that is there already is replaced as a whole, and anything else is left alone.

    Raises:
        BadConfiguration: the folder has faults, or `out` holds something that is no report.
    """
    target = out or folder / REPORT
    if target.exists() and not (target.is_dir() and ((target / PAGE).is_file() or not any(target.iterdir()))):
        raise BadConfiguration(f"{target} is there and is no report.", hint="Name another folder with --out.")
    files = report_files(read_folder(folder))
    new = target.with_name(f".{target.name}.{os.getpid()}.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    try:
        for name, content in files.items():
            (new / name).write_bytes(content)
        shutil.rmtree(target, ignore_errors=True)
        new.rename(target)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return tuple(files)


def replay_report(folder: Path, report: Path | None = None) -> ReportReplay:
    """Make the report of an export folder again and compare it with the one that was written.

    Raises:
        BadConfiguration: the folder has faults, or there is no report.
    """
    written = report or folder / REPORT
    if not written.is_dir():
        raise BadConfiguration(f"There is no report {written}.", hint=f"`arena campaign report {folder}` writes one.")
    files = report_files(read_folder(folder))
    there = {path.name: path.read_bytes() for path in written.iterdir() if path.is_file()}
    different = sorted(name for name in {*files, *there} if files.get(name) != there.get(name))
    return ReportReplay(len(files), tuple(different))


def _pair_values(folder: CampaignFolder, result: PairResult) -> dict[str, object]:
    return asdict(result) | {
        "judged": result.judged,
        "told_apart": result.told_apart(words.alpha_of(folder)),
        "sentences": _sentences(folder, result),
    }


def _sentences(folder: CampaignFolder, result: PairResult) -> Sequence[str]:
    return (
        words.verdict_of(folder, result),
        words.detectable_of(folder, result),
        words.dependent_of(result),
        words.missing_of(folder, result),
    )


def _pair_row(folder: CampaignFolder, result: PairResult) -> dict[str, object]:
    share, found = result.share, result.dependent
    return {
        "first": folder.label(result.first),
        "second": folder.label(result.second),
        "won": result.wins,
        "tied": result.ties,
        "both_bad": result.both_bad,
        "lost": result.losses,
        "planned": result.planned,
        "undone": result.undone,
        "share_of_decisive": result.decisive.value,
        "wilson_lower": result.decisive.wilson[0],
        "wilson_upper": result.decisive.wilson[1],
        "exact_lower": result.decisive.exact[0],
        "exact_upper": result.decisive.exact[1],
        "p_if_independent": result.decisive.p_value,
        "p_by_prompt": result.p_value,
        "win_share": share.value if share else None,
        "win_share_lower": share.lower if share else None,
        "win_share_upper": share.upper if share else None,
        "dependent_lower": found.lower if found else None,
        "dependent_upper": found.upper if found else None,
        "raters": found.raters if found else None,
        "detectable_share": result.detectable,
        "alpha_nominal": result.agreement.nominal.value,
        "alpha_ordinal": result.agreement.ordinal.value,
        "left_preferred": result.left.value,
    }


def _rater_row(values: dict[str, object]) -> dict[str, object]:
    row = {name: values[name] for name in ("rater", "judged", "given", "seconds", "finished")}
    left = values["left"]
    assert isinstance(left, dict)
    row["left_preferred"], row["decisive"] = left["won"], left["votes"]
    for name in ("with_others", "repeats", "attention"):
        part = values[name]
        assert isinstance(part, tuple)
        row[name], row[f"{name}_of"] = part
    return row


def _picture(folder: CampaignFolder, result: PairResult) -> str:
    first, second = folder.label(result.first), folder.label(result.second)
    undecided = result.ties + result.both_bad
    share = result.decisive
    lines = [f"No preference: {undecided}. Undone: {result.undone} of {result.planned}."]
    if share.value is not None:
        told = f"{first}: {words.percent(share.value)} of {share.votes} decisive judgements"
        lines.insert(0, f"{told} {words.interval(share.wilson)}, {words.p_value(result.p_value)}")
    if result.detectable:
        lines.append(f"Smallest share that would have been found: {words.percent(result.detectable)}")
    lines.append(f"Design {folder.design_hash[:12]} · data {folder.sha256[:12]}")
    return picture(
        str(folder.design.get("title", "")),
        words.verdict_of(folder, result),
        [(first, result.wins, "first"), ("no preference", undecided, "none"), (second, result.losses, "second")],
        lines,
    )
