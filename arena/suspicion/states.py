"""The words of suspicion: why a vote is left out, and what a vote can be marked with."""

from enum import StrEnum

from arena.db.suspicion_tables import SuspicionState

# What the public reads of a vote that is left out on suspicion; both are reasons of `votes.excluded`.
SUSPECT = {
    SuspicionState.HELD: "looks like manipulation; left out until a maintainer decides",
    SuspicionState.CONFIRMED: "manipulation, by the decision of a maintainer",
}


class Mark(StrEnum):
    """What a reader of a vote should know. Marked votes count; a board without them can be asked for."""

    TOO_FAST = "too_fast"  # cast before the answers could be read
    DUPLICATE = "duplicate"  # the voter had voted on these contenders with this prompt before
    REPEATED_PROMPT = "repeated_prompt"  # the voter had voted on this prompt before
    SAME_ANSWERS = "same_answers"  # both sides say the same
    ASKS_FOR_NAMES = "asks_for_names"  # the prompt asks who is answering
    CANVASSING = "canvassing"  # an answer asks for the vote
