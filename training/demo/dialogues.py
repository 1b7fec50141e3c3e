"""Dialogues: a first exchange about a word, and a follow-up about its answer ("Now in capitals.")."""

from training.demo.task_inputs import Dice, Split
from training.demo.tasks import Exchange, Task, ask, follow, follow_ups, tasks

# Tasks whose answer is a word, so that a follow-up can ask about that word.
OPENERS = ("reverse", "lower", "sort", "copy")
LONGEST = 4  # exchanges


def dialogue(
    dice: Dice, *, content: Split = "trained", phrasing: Split = "trained", length: int | None = None
) -> list[Exchange]:
    """Draw a dialogue of 2 to 4 exchanges, or of `length`; each follow-up is about the answer before it.

    It ends early after an answer that a follow-up cannot use: a single letter, or several words.

    Args:
        dice: the source of randomness.
        content: whether the first exchange is about trained or held-out words.
        phrasing: whether trained or held-out phrasings are used.
        length: how many exchanges.
    """
    opener: Task = dice.choice([task for task in tasks() if task.name in OPENERS])
    exchanges = [ask(opener, dice, content=content, phrasing=phrasing)]
    for _ in range((length or dice.randint(2, LONGEST)) - 1):
        answer = exchanges[-1].answer
        if len(answer) == 1 or " " in answer:
            break
        exchanges.append(follow(dice.choice(follow_ups(opener.language)), dice, answer, phrasing=phrasing))
    return exchanges
