"""The columns of published data sets of votes. Columns for which the arena has no data are left out.

| name | published as |
|---|---|
| 33k | lmsys/chatbot_arena_conversations |
| 55k | lmarena-ai/arena-human-preference-55k, the Kaggle table |
| 100k | lmarena-ai/arena-human-preference-100k |
| 140k | lmarena-ai/arena-human-preference-140k |
| fastchat | the conversation log of FastChat, as JSON lines |
| comparia | ministere-culture/comparia-votes |
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from arena.db.states import SIDES
from arena.db.tables import Battle, Turn
from arena.votes.answer_style import markdown_of
from generation.token_counts import count_tokens
from leaderboard import Verdict

Row = dict[str, Any]
TEXT, WHOLE, TRUTH, REAL = pa.string(), pa.int64(), pa.bool_(), pa.float64()


@dataclass(frozen=True, slots=True)
class PublishedBattle:
    """A battle with its vote, ready to be written.

    Attributes:
        number: a name of the battle for this file only.
        voter: a name of the voter for this file only.
        with_texts: whether the voter allows that the texts leave; otherwise the conversation is empty.
    """

    battle: Battle
    number: int
    voter: str
    with_texts: bool = True

    @property
    def verdict(self) -> Verdict:
        """The verdict of the vote."""
        assert self.battle.vote
        return self.battle.vote.verdict

    @property
    def names(self) -> dict[str, str]:
        """The contenders' slugs by side."""
        return {"a": self.battle.contender_a.slug, "b": self.battle.contender_b.slug}

    @property
    def language(self) -> str:
        """The language of the first prompt, empty where the vote has no label."""
        return self.battle.label.slice.language if self.battle.label else ""

    @property
    def category(self) -> str:
        """The category of the first prompt, empty where the vote has no label."""
        return self.battle.label.slice.category if self.battle.label else ""

    @property
    def timestamp(self) -> float:
        """The hour in which the vote was cast, in seconds since 1970. The second would tell battles apart."""
        assert self.battle.vote
        return self.battle.vote.cast_at.replace(minute=0, second=0, microsecond=0).timestamp()

    @property
    def prompts(self) -> list[str]:
        """All prompts, in order; none where the texts may not leave."""
        return [turn.prompt for turn in self.battle.turns] if self.with_texts else []

    def replies(self, side: str) -> list[str]:
        """One side's replies that count, in order; none where the texts may not leave."""
        return [turn.current(side).text for turn in self.battle.turns] if self.with_texts else []

    def messages(self, side: str) -> list[dict[str, str]]:
        """The conversation as one side saw it."""
        pairs = zip(self.prompts, self.replies(side), strict=True)
        return [
            {"role": role, "content": content}
            for prompt, reply in pairs
            for role, content in (("user", prompt), ("assistant", reply))
        ]


@dataclass(frozen=True, slots=True)
class ExportSchema:
    """Columns with their types, and the function that makes a row of a vote."""

    columns: pa.Schema
    row: Callable[[PublishedBattle], Row]


def _winner(vote: PublishedBattle, *, both_bad: str) -> str:
    words = {Verdict.A: "model_a", Verdict.B: "model_b", Verdict.TIE: "tie", Verdict.BOTH_BAD: both_bad}
    return words[vote.verdict]


def _sides(vote: PublishedBattle) -> Row:
    return {f"model_{side}": name for side, name in vote.names.items()}


def _33k(vote: PublishedBattle) -> Row:
    return {
        "question_id": vote.number,
        **_sides(vote),
        "winner": _winner(vote, both_bad="tie (bothbad)"),
        "judge": vote.voter,
        **{f"conversation_{side}": vote.messages(side) for side in SIDES},
        "turn": len(vote.battle.turns),
        "anony": True,
        "language": vote.language,
        "tstamp": vote.timestamp,
    }


def _55k(vote: PublishedBattle) -> Row:
    return {
        "id": vote.number,
        **_sides(vote),
        "prompt": json.dumps(vote.prompts, ensure_ascii=False, allow_nan=False),
        **{f"response_{side}": json.dumps(vote.replies(side), ensure_ascii=False, allow_nan=False) for side in SIDES},
        "winner_model_a": int(vote.verdict is Verdict.A),
        "winner_model_b": int(vote.verdict is Verdict.B),
        "winner_tie": int(vote.verdict in {Verdict.TIE, Verdict.BOTH_BAD}),
    }


def _100k(vote: PublishedBattle) -> Row:
    row = _33k(vote)
    row["judge_hash"] = row.pop("judge")
    return row | {"conv_metadata": _metadata(vote), "is_code": vote.category == "code", "x_category": vote.category}


def _140k(vote: PublishedBattle) -> Row:
    return {
        "id": str(vote.number),
        **_sides(vote),
        "winner": _winner(vote, both_bad="both_bad"),
        "evaluation_session_id": str(vote.number),
        "evaluation_order": 1,
        **{f"conversation_{side}": [_rich(**message) for message in vote.messages(side)] for side in SIDES},
        "full_conversation": [_full(turn) for turn in vote.battle.turns if vote.with_texts],
        "conv_metadata": _metadata(vote),
        "language": vote.language,
        "is_code": vote.category == "code",
        "timestamp": vote.timestamp,
        "x_category": vote.category,
        "x_voter": vote.voter,
    }


def _rich(role: str, content: str) -> Row:
    return {"role": role, "content": [{"type": "text", "text": content}]}


def _full(turn: Turn) -> Row:
    sides = {f"model_side_{side}": _rich("assistant", turn.current(side).text) for side in SIDES}
    return {"user": _rich("user", turn.prompt), **sides}


def _metadata(vote: PublishedBattle) -> Row:
    turns = vote.battle.turns  # counts are no texts
    metadata: Row = {
        "turns": len(turns),
        "sum_user_tokens": round(sum(count_tokens(turn.prompt) for turn in turns)),
    }
    for side in SIDES:
        replies = [turn.current(side) for turn in turns]
        counts = markdown_of([reply.text for reply in replies])
        metadata |= {
            f"sum_assistant_{side}_tokens": sum(r.completion_tokens or round(count_tokens(r.text)) for r in replies),
            f"header_count_{side}": {f"h{level}": counts.headers[level - 1] for level in range(1, 7)},
            f"list_count_{side}": {"ordered": counts.ordered, "unordered": counts.unordered},
            f"bold_count_{side}": {"**": counts.bold_stars, "__": counts.bold_lines},
        }
    return metadata


def _fastchat(vote: PublishedBattle) -> Row:
    kinds = {Verdict.A: "leftvote", Verdict.B: "rightvote", Verdict.TIE: "tievote", Verdict.BOTH_BAD: "bothbad_vote"}
    roles = {"user": "USER", "assistant": "ASSISTANT"}
    return {
        "tstamp": vote.timestamp,
        "type": kinds[vote.verdict],
        "models": list(vote.names.values()),
        "states": [
            {
                "conv_id": f"{vote.number}-{side}",
                "model_name": vote.names[side],
                "messages": [[roles[message["role"]], message["content"]] for message in vote.messages(side)],
            }
            for side in SIDES
        ],
    }


def _comparia(vote: PublishedBattle) -> Row:
    winner: Mapping[Verdict, str] = {Verdict.A: vote.names["a"], Verdict.B: vote.names["b"]}
    return {
        "timestamp": vote.timestamp,
        "conversation_pair_id": str(vote.number),
        "model_a_name": vote.names["a"],
        "model_b_name": vote.names["b"],
        "chosen_model_name": winner.get(vote.verdict),
        "both_equal": vote.verdict in {Verdict.TIE, Verdict.BOTH_BAD},
        "opening_msg": vote.prompts[0] if vote.prompts else "",
        "conversation_a": vote.messages("a"),
        "conversation_b": vote.messages("b"),
        "conv_turns": len(vote.battle.turns),
        "categories": [vote.category] if vote.category else [],
        "languages": [vote.language] if vote.language else [],
        "visitor_id": vote.voter,
    }


_MESSAGES = pa.list_(pa.struct([("role", TEXT), ("content", TEXT)]))
_RICH = pa.struct([("role", TEXT), ("content", pa.list_(pa.struct([("type", TEXT), ("text", TEXT)])))])
_MODELS = [("model_a", TEXT), ("model_b", TEXT)]
_CONVERSATIONS = [("conversation_a", _MESSAGES), ("conversation_b", _MESSAGES)]
_METADATA = pa.struct(
    [
        ("turns", WHOLE),
        ("sum_user_tokens", WHOLE),
        *(
            (f"{name}_{side}{end}", kind)
            for side in SIDES
            for name, end, kind in (
                ("sum_assistant", "_tokens", WHOLE),
                ("header_count", "", pa.struct([(f"h{level}", WHOLE) for level in range(1, 7)])),
                ("list_count", "", pa.struct([("ordered", WHOLE), ("unordered", WHOLE)])),
                ("bold_count", "", pa.struct([("**", WHOLE), ("__", WHOLE)])),
            )
        ),
    ]
)
_TURN = [("turn", pa.int32()), ("anony", TRUTH), ("language", TEXT), ("tstamp", REAL)]
_STATE = pa.struct([("conv_id", TEXT), ("model_name", TEXT), ("messages", pa.list_(pa.list_(TEXT)))])
SCHEMAS: dict[str, ExportSchema] = {
    "33k": ExportSchema(
        pa.schema([("question_id", WHOLE), *_MODELS, ("winner", TEXT), ("judge", TEXT), *_CONVERSATIONS, *_TURN]),
        _33k,
    ),
    "55k": ExportSchema(
        pa.schema(
            [
                ("id", WHOLE),
                *_MODELS,
                *((name, TEXT) for name in ("prompt", "response_a", "response_b")),
                *((name, WHOLE) for name in ("winner_model_a", "winner_model_b", "winner_tie")),
            ]
        ),
        _55k,
    ),
    "100k": ExportSchema(
        pa.schema(
            [
                ("question_id", WHOLE),
                *_MODELS,
                ("winner", TEXT),
                *_CONVERSATIONS,
                *_TURN,
                ("conv_metadata", _METADATA),
                ("is_code", TRUTH),
                ("judge_hash", TEXT),
                ("x_category", TEXT),
            ]
        ),
        _100k,
    ),
    "140k": ExportSchema(
        pa.schema(
            [
                ("id", TEXT),
                *_MODELS,
                ("winner", TEXT),
                ("evaluation_session_id", TEXT),
                ("evaluation_order", WHOLE),
                ("conversation_a", pa.list_(_RICH)),
                ("conversation_b", pa.list_(_RICH)),
                (
                    "full_conversation",
                    pa.list_(pa.struct([("user", _RICH), ("model_side_a", _RICH), ("model_side_b", _RICH)])),
                ),
                ("conv_metadata", _METADATA),
                ("language", TEXT),
                ("is_code", TRUTH),
                ("timestamp", REAL),
                ("x_category", TEXT),
                ("x_voter", TEXT),
            ]
        ),
        _140k,
    ),
    "fastchat": ExportSchema(
        pa.schema([("tstamp", REAL), ("type", TEXT), ("models", pa.list_(TEXT)), ("states", pa.list_(_STATE))]),
        _fastchat,
    ),
    "comparia": ExportSchema(
        pa.schema(
            [
                ("timestamp", REAL),
                *((n, TEXT) for n in ("conversation_pair_id", "model_a_name", "model_b_name", "chosen_model_name")),
                ("both_equal", TRUTH),
                ("opening_msg", TEXT),
                *_CONVERSATIONS,
                ("conv_turns", WHOLE),
                ("categories", pa.list_(TEXT)),
                ("languages", pa.list_(TEXT)),
                ("visitor_id", TEXT),
            ]
        ),
        _comparia,
    ),
}
