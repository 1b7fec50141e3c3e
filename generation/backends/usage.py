"""Usage: the token counts that an endpoint states, as far as they can be true.

A count that no reply can have (negative, endless, a fraction, text, all zeros) counts as not given: money is computed
from these numbers, and a budget must not grow by them. Tokens are then estimated from the text.
"""

from collections.abc import Mapping

from generation.conversation import Usage

MOST_TOKENS = 10_000_000  # ten times the longest context that is sold


def usage_of(table: object) -> Usage | None:
    """Return the usage that an endpoint states, or None where it states none that can be true.

    Tokens of hidden thinking count as written: some endpoints leave them out of the completion, and have them only in
    the total or in the details.
    """
    if not isinstance(table, Mapping):
        return None
    prompt = count_of(table.get("prompt_tokens", table.get("input_tokens")))
    written = count_of(table.get("completion_tokens", table.get("output_tokens")))
    if not prompt or written is None:
        return None
    read = _detail(table, ("prompt_tokens_details", "input_tokens_details"), "cached_tokens")
    cached = read or count_of(table.get("prompt_cache_hit_tokens")) or 0
    thought = _detail(table, ("completion_tokens_details", "output_tokens_details"), "reasoning_tokens") or 0
    total = count_of(table.get("total_tokens")) or 0
    billed = max(written, total - prompt, thought)
    if written < thought and total <= prompt + written:
        billed = written + thought  # stated beside the completion, and no total says otherwise
    return Usage(prompt, billed, min(cached, prompt), min(thought, billed)) if billed else None


def count_of(value: object) -> int | None:
    """Return a number of tokens that can be true, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not 0 <= value <= MOST_TOKENS or value != int(value):  # NaN fails the first comparison
        return None
    return int(value)


def _detail(table: Mapping[str, object], places: tuple[str, ...], name: str) -> int | None:
    for place in places:
        details = table.get(place)
        if isinstance(details, Mapping) and (found := count_of(details.get(name))) is not None:
            return found
    return None
