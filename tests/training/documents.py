"""Documents for the tests of rows and attention."""

import random

from training.examples import TokenizedExample


def documents() -> list[TokenizedExample]:
    """Documents of several lengths; of which some begin alike, and one is the beginning of another."""
    dice = random.Random(3)
    preamble, prompt = ([dice.randrange(640) for _ in range(length)] for length in (14, 10))
    rest = [[dice.randrange(640) for _ in range(length)] for length in (5, 23, 1, 11, 7)]
    beginnings = [[], [*preamble, *prompt], [], preamble, [*preamble, *prompt]]
    ids = [[*begun, *ending] for begun, ending in zip(beginnings, rest, strict=True)]
    ids.append(ids[1][:-4])
    return [TokenizedExample(one, [at >= len(one) // 2 for at in range(len(one))], "") for one in ids]
