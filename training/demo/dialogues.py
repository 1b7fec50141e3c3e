"""Dialogues: a first exchange about a word, and a follow-up about its answer ("Now in capitals.")."""

from training.demo.payloads import Content, Dice
from training.demo.tasks import Exchange, Task, ask, follow, follow_ups, tasks

# First tasks whose answer is a word of its own, so that something can be asked about it.
OPENERS = ("reverse", "lower", "sort", "copy")
LONGEST = 4  # exchanges


def dialogue(
    dice: Dice, *, content: Content = "trained", phrasing: Content = "trained", length: int | None = None
) -> list[Exchange]:
    """Draw a dialogue of 2 to 4 exchanges, or of `length`; each follow-up is about the answer before it."""
    opener: Task = dice.choice([task for task in tasks() if task.name in OPENERS])
    exchanges = [ask(opener, dice, content=content, phrasing=phrasing)]
    for _ in range((length or dice.randint(2, LONGEST)) - 1):
        answer = exchanges[-1].answer
        if len(answer) == 1 or " " in answer:
            break
        exchanges.append(follow(dice.choice(follow_ups(opener.language)), dice, answer, phrasing=phrasing))
    return exchanges
