"""Keeps the prompts of campaigns out of data: writes them where generation and training look for forbidden prompts.

Also says how many of them are in the data that a contender was trained on, where an organiser names these data.
"""

from pathlib import Path

from arena.campaigns import queries
from arena.campaigns.prompt_files import Prompt
from arena.db.session import Database
from generation.candidates.decontamination import PromptSet
from generation.candidates.forbidden import find_forbidden
from generation.dataset import read_jsonl, write_jsonl

NAME = "forbidden_prompts"  # the folder, in the arena's own


def forbid_prompts(database: Database, home: Path) -> Path:
    """Write every prompt set of this arena as a file into the folder of forbidden prompts, and return the folder."""
    folder = home / NAME
    folder.mkdir(parents=True, exist_ok=True)
    with database.reading() as session:
        for one in queries.prompt_sets(session):
            write_jsonl(
                folder / f"{one.name}-{one.version}.jsonl",
                ({"item": prompt.item, "turns": prompt.turns} for prompt in one.prompts),
            )
    return folder


def overlap_with(data: Path, prompts: tuple[Prompt, ...]) -> str:
    """Return how many of the prompts are in a data set, as the report says it.

    Raises:
        BadInput: the data set cannot be read.
    """
    found = find_forbidden(
        read_jsonl(data), [PromptSet("campaign", tuple(turn for prompt in prompts for turn in prompt.turns))]
    )
    return f"{found.prompts} of {len(prompts)} (in {found.rows:,} rows of {data.name})"
