"""A catalogue: all sentences of one language by their key, as a file of this folder holds them."""

import gettext
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import Any

from markupsafe import Markup

Sentence = str | tuple[str, ...]
COUNT = "count"
MARKUP = "_html"  # ends the keys of sentences that hold markup
_LINE_BREAK = re.compile(r"\s*\n\s*")
_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True, eq=False, slots=True)
class Catalogue:
    """The sentences of one language.

    Attributes:
        language: its tag, such as "en".
        sentences: by key; one that depends on a number holds all its forms.
        form_of: returns the index of the form that goes with a number.
    """

    language: str
    sentences: Mapping[str, Sentence]
    form_of: Callable[[int], int]

    @classmethod
    def read(cls, path: Path) -> "Catalogue":
        """Read a language's file, which is named after the language.

        Raises:
            ValueError: the file is not TOML, or holds something besides texts and lists of texts.
        """
        return cls.of(tomllib.loads(path.read_text(encoding="utf-8")), language=path.stem)

    @classmethod
    def of(cls, table: Mapping[str, Any], *, language: str) -> "Catalogue":
        """Return the catalogue of a table, whose `plural` is gettext's rule for forms, such as "n != 1"."""
        sentences = dict(_flat(table))
        rule = sentences.pop("plural", "0")
        return cls(language, sentences, gettext.c2py(str(rule)))

    def say(self, key: str, /, **values: object) -> str:
        """Return a sentence filled with values. If it has several forms, `count` chooses one.

        A sentence with markup is returned as Markup, with its values escaped.

        Raises:
            KeyError: there is no such sentence, or a value is missing.
        """
        sentence = self.sentences[key]
        if isinstance(sentence, tuple):
            number = values[COUNT]
            if not isinstance(number, int):
                raise TypeError(f"The count of `{key}` is a whole number.")
            sentence = sentence[self.form_of(number)]
        if key.endswith(MARKUP):
            return Markup(sentence).format(**values)  # noqa: S704
        return sentence.format(**values) if "{" in sentence else sentence

    def keys(self, section: str) -> list[str]:
        """Return the keys of a section, without its name, in the order of the file."""
        begin = f"{section}."
        return [key.removeprefix(begin) for key in self.sentences if key.startswith(begin)]


def placeholders(sentence: Sentence) -> set[str]:
    """Return the names of the values that a sentence needs; a sentence with several forms also needs `count`."""
    forms = (sentence,) if isinstance(sentence, str) else sentence
    named = {name for form in forms for _, name, _, _ in Formatter().parse(form) if name is not None}
    return named if isinstance(sentence, str) else named | {COUNT}


def faults(catalogue: Catalogue, reference: Catalogue) -> list[str]:
    """Return the faults that keep a catalogue from replacing the reference, one line each."""
    found = [f"`{key}` is missing." for key in reference.sentences if key not in catalogue.sentences]
    for key, sentence in catalogue.sentences.items():
        wanted = reference.sentences.get(key)
        if wanted is None:
            found.append(f"`{key}` is no sentence of the pages.")
            continue
        if isinstance(sentence, str) != isinstance(wanted, str):
            found.append(f"`{key}` is {'one text' if isinstance(wanted, str) else 'a list of forms'}.")
        elif unknown := placeholders(sentence) - placeholders(wanted):
            found.append(f"`{key}` has no value for {', '.join(f'{{{name}}}' for name in sorted(unknown))}.")
        elif isinstance(sentence, str) and (lost := placeholders(wanted) - placeholders(sentence)):
            found.append(f"`{key}` leaves out {', '.join(f'{{{name}}}' for name in sorted(lost))}.")
        if isinstance(sentence, tuple) and len(sentence) <= max(map(catalogue.form_of, range(200))):
            found.append(f"`{key}` has too few forms for the language's rule.")
        if key.endswith(MARKUP) and _tags(sentence) != _tags(wanted):
            found.append(f"`{key}` has other tags: {', '.join(sorted(_tags(wanted)))}.")
        if not key.endswith(MARKUP) and _tags(sentence):
            found.append(f"`{key}` holds markup, but its key does not end in {MARKUP}.")
    return found


def _tags(sentence: Sentence) -> set[str]:
    return set(_TAG.findall(sentence if isinstance(sentence, str) else " ".join(sentence)))


def _flat(table: Mapping[str, Any], begin: str = "") -> Iterator[tuple[str, Sentence]]:
    for name, value in table.items():
        key = f"{begin}{name}"
        if isinstance(value, Mapping):
            yield from _flat(value, f"{key}.")
        elif isinstance(value, str):
            yield key, _on_one_line(value)
        elif isinstance(value, list) and value and all(isinstance(form, str) for form in value):
            yield key, tuple(_on_one_line(form) for form in value)
        else:
            raise ValueError(f"`{key}` is neither a text nor a list of texts.")


def _on_one_line(text: str) -> str:
    """Return a text on one line: its line breaks, which only keep the file narrow, count as blanks."""
    return _LINE_BREAK.sub(" ", text.strip("\n"))
