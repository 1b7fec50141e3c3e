"""Votes with the style of both sides' answers. Ratings at equal style are fitted to them, and snapshots keep them."""

import hashlib
import io
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from arena.db.queries import contender_slugs
from arena.db.session import Session
from arena.votes import queries
from arena.votes.answer_style import FEATURES
from arena.votes.running_tallies import PLACE
from arena.votes.single_votes import prompt_number
from leaderboard import Votes
from leaderboard.errors import NotEstimable
from leaderboard.style import StyleFit, control_style, relative_difference

# With fewer a logistic fit is easily thousands of points off (Peduzzi et al. 1996).
VOTES_A_PARAMETER = 10


@dataclass(frozen=True, eq=False, slots=True)
class StyleVotes:
    """Labelled votes that count.

    Attributes:
        contenders: slugs, sorted.
        table: one row for each vote [N, 3 + 2 K]: index of the left and of the right contender in `contenders`, index
            of the verdict, then for each of the K `FEATURES` its value on the left and on the right.
    """

    contenders: tuple[str, ...]
    table: npt.NDArray[np.int32]

    @classmethod
    def read(cls, session: Session) -> "StyleVotes":
        """Return the labelled votes of the database, in the order of their battles."""
        slugs = contender_slugs(session)
        place = {id_: number for number, id_ in enumerate(slugs)}
        parts = [
            np.array([(place[a], place[b], PLACE[verdict], *rest) for a, b, verdict, *rest in part], dtype=np.int32)
            for part in queries.labelled_votes(session, FEATURES)
        ]
        nothing = np.empty((0, 3 + 2 * len(FEATURES)), np.int32)
        return cls(tuple(slugs.values()), np.concatenate([nothing, *parts]))

    @classmethod
    def unpack(cls, packed: bytes) -> "StyleVotes":
        """Return the votes from the bytes that `pack` made."""
        with np.load(io.BytesIO(packed), allow_pickle=False) as arrays:
            return cls(tuple(arrays["contenders"].tolist()), arrays["table"])

    def pack(self) -> bytes:
        """Return the votes as compressed bytes, about ten for each vote."""
        file = io.BytesIO()
        np.savez_compressed(file, contenders=np.array(self.contenders, dtype=np.str_), table=self.table)
        return file.getvalue()

    def __len__(self) -> int:
        return len(self.table)

    def fit(self, shared: pd.DataFrame | None = None) -> StyleFit | None:
        """Return ratings at equal style; None if the votes are too few or cannot compare any two contenders.

        Args:
            shared: what dependent votes share, a column for each way of dependence [N]; independent by default.

        Raises:
            NotEstimable: too few different values are shared.
        """
        left, right, verdict, *counts = self.table.T
        sides = zip(FEATURES, counts[::2], counts[1::2], strict=True)
        telling = {name: relative_difference(a, b) for name, a, b in sides if (a != b).any()}
        if len(self) < VOTES_A_PARAMETER * (len(np.union1d(left, right)) - 1 + len(telling)):
            return None
        votes = Votes(self.contenders, left, right, verdict.astype(np.int8), pd.DataFrame(index=range(len(self))))
        try:
            return control_style(votes, telling, labels=shared)
        except NotEstimable:
            if shared is not None:
                raise
            return None


def shared_by_labelled_votes(session: Session) -> pd.DataFrame:
    """Return what the votes that `StyleVotes.read` returns may share: columns `voter` and `prompt`, as numbers [N]."""
    rows = [(voter, prompt_number(prompt)) for voter, prompt in queries.shared_by_labelled_votes(session)]
    return pd.DataFrame(rows, columns=["voter", "prompt"])


def sha256(packed: bytes) -> str:
    """Return the SHA-256 of packed votes, by which a snapshot identifies them."""
    return hashlib.sha256(packed).hexdigest()
