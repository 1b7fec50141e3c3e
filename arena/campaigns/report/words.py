"""What a report says in sentences. A result that shows no difference is never called "equal": it may be too small."""

from arena.campaigns.report.folder import CampaignFolder
from arena.campaigns.report.results import PairResult
from leaderboard.agreement import ENOUGH_ITEMS, Alpha

UNDEFINED = "undefined"
FEW_RATERS = 40


def percent(share: float) -> str:
    """Return a share as people write it, with one decimal."""
    return f"{100 * share:.1f} %"


def p_value(value: float) -> str:
    """Return a p-value with as many digits as mean something."""
    return "p < 0.0001" if value < 0.0001 else f"p = {value:.4f}" if value < 0.1 else f"p = {value:.2f}"


def interval(bounds: tuple[float, float]) -> str:
    """Return an interval of shares in per cent."""
    return f"[{100 * bounds[0]:.1f}, {100 * bounds[1]:.1f}]"


def verdict_of(folder: CampaignFolder, result: PairResult) -> str:
    """Return the result of a pair in a sentence."""
    first, second = folder.label(result.first), folder.label(result.second)
    if not result.judged:
        return f"Nothing was judged of {first} and {second}."
    if not result.told_apart(alpha_of(folder)):
        return f"{first} and {second} are not distinguishable by these judgements."
    winner, loser = (first, second) if result.wins > result.losses else (second, first)
    return f"{winner} was preferred to {loser}."


def test_of(result: PairResult) -> str:
    """Return how a pair was tested, with the p-value."""
    name = "exact binomial test" if result.one_each else "exact sign-flip test over prompts"
    return f"{p_value(result.p_value)}, {name}"


def detectable_of(folder: CampaignFolder, result: PairResult) -> str:
    """Return what so many decisive judgements could have found."""
    votes, power = result.decisive.votes, float(folder.design.get("power", 0.8))
    if result.detectable is None:
        return f"With {votes} decisive judgements, no difference would have been found with a chance of {power:.0%}."
    told = (
        f"With {votes} decisive judgements, a share of {percent(result.detectable)} or more would have been found with "
        f"a chance of {power:.0%}; a smaller difference may exist."
    )
    if not result.one_each:
        told += " Several judgements of one prompt count for less than as many prompts would."
    return told


def dependent_of(result: PairResult) -> str:
    """Return the interval that allows for raters and prompts, with how many there were, or why there is none."""
    if result.dependent is None:
        return "An interval that allows for raters’ tastes needs at least three raters and prompts that contradict."
    found = result.dependent
    told = (
        f"If raters and prompts have tastes of their own: {percent(found.value)} "
        f"{interval((found.lower, found.upper))}, from {found.raters} raters and {found.prompts} prompts."
    )
    return told + (" With so few raters it rests on Student’s quantiles." if found.raters < FEW_RATERS else "")


def missing_of(folder: CampaignFolder, result: PairResult) -> str:
    """Return what of a pair prefers no side, or was not judged."""
    undecided = result.ties + result.both_bad
    told = (
        f"Of {result.planned} planned judgements {result.judged} stand and {result.undone} are undone; {undecided} of "
        f"those that stand prefer no side ({result.ties} ties, {result.both_bad} both bad)."
    )
    lacking = {
        contender: {one.item for one in folder.prompts}
        - {one.item for one in folder.answers if one.contender == contender and one.texts}
        for contender in (result.first, result.second)
    }
    absent = [f"{len(items)} of {folder.label(one)}" for one, items in lacking.items() if items]
    return told + (f" Answers are missing: {', '.join(absent)}." if absent else " No answer is missing.")


def alpha_in_words(alpha: Alpha) -> str:
    """Return Krippendorff's alpha with its interval, or that it is undefined and why."""
    if alpha.value is None:
        why = "all say the same" if alpha.items else "no item was judged twice"
        return f"{UNDEFINED} ({why})"
    told = f"{alpha.value:.3f}"
    if alpha.lower is None or alpha.upper is None:
        return f"{told} (interval {UNDEFINED}: too few items vary)"
    told += f" [{alpha.lower:.3f}, {alpha.upper:.3f}]"
    few = "; fewer than 100 items say little" if alpha.items < ENOUGH_ITEMS else ""
    return f"{told} on {alpha.items} items{few}"


def figure_or_undefined(value: float | None) -> str:
    """Return a coefficient, or that it is undefined."""
    return UNDEFINED if value is None else f"{value:.3f}"


def alpha_of(folder: CampaignFolder) -> float:
    """Return the chance of a false alarm that the design allows."""
    return float(folder.design.get("alpha", 0.05))
