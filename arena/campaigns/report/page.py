"""The report as one HTML page with no script and nothing to load, that can be read anywhere, printed and kept."""

from collections.abc import Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from arena.campaigns.report import plots, words
from arena.campaigns.report.folder import CampaignFolder
from arena.campaigns.report.paper import bibtex, methods
from arena.campaigns.report.plots import ForestRow
from arena.campaigns.report.raters_and_items import AnswersOf, ContestedItem, RaterSummary
from arena.campaigns.report.results import GroupOfPrompts, PairResult
from leaderboard.binomial import DecisiveShare


def report_page(
    folder: CampaignFolder,
    results: Sequence[PairResult],
    raters: Sequence[RaterSummary],
    contested: Sequence[ContestedItem],
    answers: Sequence[AnswersOf],
) -> str:
    """Return the report as HTML."""
    environment = Environment(
        loader=PackageLoader("arena.campaigns.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"percent": words.percent, "p_value": words.p_value, "interval": words.interval}
    environment.globals |= {"words": words}
    return environment.get_template("page.html.jinja").render(
        folder=folder,
        design=folder.design,
        results=results,
        raters=raters,
        contested=contested,
        answers=answers,
        bars={result.second + result.first: _bar(folder, result) for result in results},
        forests={result.second + result.first: _forests(folder, result) for result in results},
        methods=methods(folder, results, raters),
        bibtex=bibtex(folder),
        share_of_two=lambda pair: f"{pair[0]} of {pair[1]}" if pair[1] else "–",
    )


def _bar(folder: CampaignFolder, result: PairResult) -> Markup:
    first, second = folder.label(result.first), folder.label(result.second)
    parts = [(f"{first} preferred", result.wins, "first"), ("tie", result.ties, "tie")]
    parts += [("both bad", result.both_bad, "bad"), (f"{second} preferred", result.losses, "second")]
    return plots.outcomes(parts, label="; ".join(f"{name}: {count}" for name, count, _ in parts))


def _forests(folder: CampaignFolder, result: PairResult) -> list[tuple[str, Markup]]:
    groups = [("category", result.categories), ("language", result.languages)]
    overall = _row("All prompts", result.decisive)
    return [
        (f"By {name}", plots.forest([overall, *map(_row_of, rows)], label=_described(folder, result, name, rows)))
        for name, rows in groups
        if len(rows) > 1
    ]


def _row_of(group: GroupOfPrompts) -> ForestRow:
    return _row(group.name, group.decisive)


def _row(label: str, share: DecisiveShare) -> ForestRow:
    beside = f"{share.won} of {share.votes} {words.interval(share.wilson)}" if share.votes else "none decisive"
    return ForestRow(label, share.value, *share.wilson, beside)


def _described(folder: CampaignFolder, result: PairResult, by: str, groups: Sequence[GroupOfPrompts]) -> str:
    told = [f"{one.name}: {one.decisive.won} of {one.decisive.votes}" for one in groups]
    return f"How often {folder.label(result.first)} was preferred, of decisive judgements, by {by}. " + "; ".join(told)
