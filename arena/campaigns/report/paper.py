"""A campaign for a paper: a LaTeX table with a paragraph on methods, and how to cite it."""

import re
from collections.abc import Sequence

from arena.campaigns.report import words
from arena.campaigns.report.folder import CampaignFolder
from arena.campaigns.report.raters_and_items import RaterSummary
from arena.campaigns.report.results import PairResult

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "’": "'",
    "…": r"\dots{}",
    "–": "--",
} | {character: "\\" + character for character in "&%$#_{}"}
_WANTED = re.compile("|".join(map(re.escape, _SPECIAL)))


def latex(text: str) -> str:
    """Return a text in which nothing is a command."""
    return _WANTED.sub(lambda found: _SPECIAL[found[0]], text)


def latex_report(folder: CampaignFolder, results: Sequence[PairResult], raters: Sequence[RaterSummary]) -> str:
    """Return a table of all pairs and a paragraph on methods. The table needs no package."""
    level = 100 * (1 - words.alpha_of(folder))
    rows = [
        " & ".join(
            (
                f"{latex(folder.label(one.first))} vs.\\ {latex(folder.label(one.second))}",
                *map(str, (one.wins, one.ties, one.both_bad, one.losses, one.undone)),
                "--" if one.decisive.value is None else f"{100 * one.decisive.value:.1f}",
                latex(words.interval(one.decisive.wilson)),
                latex(words.p_value(one.p_value).removeprefix("p = ").removeprefix("p ")).replace("<", "$<$"),
                latex(words.figure_or_undefined(one.agreement.nominal.value)),
            )
        )
        + r" \\"
        for one in results
    ]
    title = latex(str(folder.design.get("title", "")))
    head = rf"Pair & Won & Tied & Both bad & Lost & Undone & Share (\%) & {level:g}\,\% interval & $p$ & $\alpha$ \\"
    about = r"Share: of decisive judgements, with Wilson's interval. $\alpha$: Krippendorff's, nominal."
    before = [r"\begin{table}", r"\centering", r"\begin{tabular}{lrrrrrrlrr}", r"\hline", head, r"\hline"]
    after = [r"\hline", r"\end{tabular}", rf"\caption{{{title}. {about}}}", r"\end{table}"]
    return "\n".join([*before, *rows, *after, "", latex(methods(folder, results, raters)), ""])


def methods(folder: CampaignFolder, results: Sequence[PairResult], raters: Sequence[RaterSummary]) -> str:
    """Return a paragraph on what was done, with every figure that a reviewer asks for."""
    design, primary = folder.design, results[0]
    prompts = design.get("prompt_set", {})
    repeats = [sum(one.repeats[part] for one in raters) for part in (0, 1)]
    attention = [sum(one.attention[part] for one in raters) for part in (0, 1)]
    named = ", ".join(folder.label(one.id) for one in folder.contenders)
    licence = prompts.get("licence") or "not stated"
    of_set = f"{prompts.get('name', '')} (version {prompts.get('version', '')}, {len(folder.prompts)} prompts"
    judging, decisive = sum(one.judged > 0 for one in raters), primary.decisive
    told = [f"We compared {named} on the prompt set {of_set}, licence {licence})."]
    told.append(
        "Answers were made once and stored; raters saw two at a time, without names, on sides drawn by the design."
    )
    told.append(f"{judging} raters gave {primary.judged} judgements of the primary pair.")
    told.append(words.missing_of(folder, primary))
    told.append(
        f"The design was frozen before the first judgement (SHA-256 {folder.design_hash}). Its hypothesis: "
        f"{design.get('hypothesis', '')}"
    )
    told.append(words.verdict_of(folder, primary))
    told.append(
        f"Of {decisive.votes} decisive judgements {folder.label(primary.first)} won {primary.wins} "
        f"({words.test_of(primary)}, two-sided, alpha {words.alpha_of(folder):g}; Wilson interval of the share "
        f"{words.interval(decisive.wilson)} per cent)."
    )
    told.append(words.detectable_of(folder, primary))
    told.append(words.dependent_of(primary))
    told.append(f"Krippendorff's alpha (nominal): {words.alpha_in_words(primary.agreement.nominal)}.")
    told.append(
        f"The left side was preferred in {primary.left.won} of {primary.left.votes} decisive judgements "
        f"({words.p_value(primary.left.p_value)})."
    )
    if repeats[1]:
        told.append(f"Of {repeats[1]} items repeated with the sides reversed, {repeats[0]} were judged the same again.")
    if attention[1]:
        told.append(f"{attention[0]} of {attention[1]} attention items were answered as expected.")
    told.append(_stopping(primary, str(design.get("stopping", "fixed"))))
    return " ".join(told)


def _stopping(result: PairResult, stopping: str) -> str:
    if stopping == "fixed":
        return "The number of judgements was fixed in advance, and the result was tested once."
    return (
        f"{len(result.looks)} of the planned looks were taken, with boundaries that spend alpha by the function of "
        f"{'O’Brien and Fleming' if stopping == 'obrien-fleming' else 'Pocock'} (Lan and DeMets 1983)."
    )


def bibtex(folder: CampaignFolder) -> str:
    """Return how to cite the campaign. Its key and its note have the hash by which its folder is known."""
    year = (folder.closed_at or folder.opened_at)[:4]
    lines = [
        f"@misc{{campaign-{folder.sha256[:12]},",
        f"  title = {{{{{latex(str(folder.design.get('title', '')))}}}}},",
    ]
    lines += [f"  year = {{{year}}},"] if year else []
    hashes = f"Design SHA-256 {folder.design_hash}; data SHA-256 {folder.sha256}"
    lines += [f"  note = {{Blind comparison with Alpaca Arena. {hashes}}},", "}"]
    return "\n".join(lines) + "\n"
