"""Who meets whom. Pure: a pool and a source of chance in, a draw with its probability out."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from arena.errors import NotEnoughContenders


@dataclass(frozen=True, slots=True)
class Draw:
    """Two different contenders, by id, and how they were drawn.

    Attributes:
        probability: of this unordered pair under the policy; each order is as likely as the other.
    """

    a: int
    b: int
    policy: str
    probability: float


def draw_pair(pool: Sequence[int], *, rng: random.Random) -> Draw:
    """Draw two of `pool`, every pair as likely as any other, and put them on random sides.

    Raises:
        NotEnoughContenders: the pool holds fewer than two.
    """
    if len(pool) < 2:
        raise NotEnoughContenders(
            "A battle needs two active contenders.",
            hint="Maintainers: see `arena contenders list`, then `arena contenders activate`.",
        )
    a, b = rng.sample(pool, 2)
    return Draw(a=a, b=b, policy="uniform", probability=2 / (len(pool) * (len(pool) - 1)))
