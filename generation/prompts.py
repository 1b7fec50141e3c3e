"""Prompts: a conversation written out as one text that a base model continues."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import jinja2

from generation.backends import Message


@dataclass(frozen=True, slots=True)
class Prompt:
    """A text to be continued, and the strings at which the continuation is over."""

    text: str
    stop: tuple[str, ...]


def dialogue(messages: Sequence[Message]) -> Prompt:
    """Return a conversation as a dialogue whose next line is the assistant's.

    The frame (`dialogue.jinja`) opens with two short exchanges: a base model goes on in the manner it is shown.
    System messages take the place of the frame's first sentence.
    """
    instructions = "\n".join(message.content.strip() for message in messages if message.role == "system")
    turns = [message for message in messages if message.role != "system"]
    return Prompt(
        _template().render(instructions=instructions, turns=turns), stop=("\n### Person:", "\n### Assistant:")
    )


@functools.cache
def _template() -> jinja2.Template:
    # Autoescape off: the text goes to a language model, not into a page.
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("generation", "."),
        autoescape=False,  # noqa: S701
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template("dialogue.jinja")
