"""Answers with and without a claim about who wrote them, and the contenders that wrote them (told_names.txt)."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from arena.contenders.known_families import known_families
from arena.db.tables import Contender

FILE = Path(__file__).with_name("told_names.txt")
SEEN = Path(__file__).with_name("told_names_seen.txt")
MADE_UP = {
    "okapi": Contender(slug="okapi", label="Okapi 1", family="Okapi", organisation="Zoolab", aliases=[]),
    "nimbus": Contender(slug="nimbus-7b", label="Nimbus 7B Chat", family="", organisation="Fogworks Inc.", aliases=[]),
}


@dataclass(frozen=True, slots=True)
class LabelledAnswer:
    """An answer to a prompt; `tells` says whether it tells who wrote it."""

    tells: bool
    contender: Contender
    prompt: str
    text: str


def contenders() -> dict[str, Contender]:
    """Made-up contenders, and those of known families, as `arena contenders add` enters them."""
    known = {
        family.name.casefold(): Contender(
            slug=family.name.casefold(),
            label=family.name,
            family=family.name,
            organisation=family.organisation,
            aliases=list(family.aliases),
        )
        for family in known_families()
    }
    return known | {"yandex": known["yandexgpt"]} | MADE_UP


def labelled(file: Path = FILE) -> Iterator[LabelledAnswer]:
    who = contenders()
    for line in joined(file.read_text("utf-8").splitlines()):
        mark, name, prompt, text = line.split("|", 3)
        yield LabelledAnswer(mark == "+", who[name], prompt, text)


def joined(lines: list[str]) -> list[str]:
    """Return the entries; a line that begins with no mark goes on with the entry before."""
    entries: list[str] = []
    for line in lines:
        if line.startswith("#"):
            continue
        if line[:2] in {"+|", "-|"}:
            entries.append(line)
        else:
            entries[-1] += "\n" + line
    return entries


def half(*, held_back: bool) -> list[LabelledAnswer]:
    """Return every second answer of each mark: those that the patterns were written with, or those held back."""
    everything = [*labelled()]
    return [
        answer for tells in (True, False) for answer in [one for one in everything if one.tells == tells][held_back::2]
    ]
