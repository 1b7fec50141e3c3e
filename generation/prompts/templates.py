"""Chat templates of another's making: written out in a table, in a file, or a checkpoint's own.

    read_template("runs/alpaca-7b")          # a checkpoint's folder
    read_template("templates/solar.jinja")   # a file
    read_template("{% for … %}")             # the template itself

Whoever keeps a contender or a recipe keeps the text that was read: a file that changes later must not change the
prompts of votes that were cast before.
"""

from dataclasses import dataclass
from pathlib import Path

import jinja2

from generation.checkpoints import Checkpoint
from generation.errors import BadInput
from generation.prompts import LLAMA_TOKENS, NoTokens, PromptFormat
from generation.value_rules import MAX_TEXT_CHARS, Rule


@dataclass(frozen=True, slots=True)
class ChatTemplate:
    """A template's text, and the special tokens of the checkpoint it was found in, if it was found in one."""

    text: str
    bos_token: str | None = None
    eos_token: str | None = None

    def as_format(self) -> PromptFormat:
        """Return the template as a prompt format; special tokens that it does not bring are Llama's."""
        bos = self.bos_token if self.bos_token is not None else LLAMA_TOKENS.bos_token
        eos = self.eos_token if self.eos_token is not None else LLAMA_TOKENS.eos_token
        return PromptFormat("chat_template", self.text, source="as told", tokens=NoTokens(bos, eos))


def template_format(
    told: str | None, *, bos_token: str | None = None, eos_token: str | None = None
) -> PromptFormat | None:
    """Return what `read_template` reads as a prompt format, with other special tokens where they are given.

    Raises:
        BadInput: as `read_template`.
    """
    if not told:
        return None
    found = read_template(told)
    return ChatTemplate(found.text, bos_token or found.bos_token, eos_token or found.eos_token).as_format()


def read_template(told: str) -> ChatTemplate:
    """Return the chat template that `told` is, or that the file or the checkpoint's folder of that name has.

    Raises:
        BadInput: there is nothing of that name, it is too long, or it is no Jinja template.
    """
    template = ChatTemplate(told) if "{{" in told or "{%" in told else _in_place(Path(told))
    if len(template.text) > MAX_TEXT_CHARS:
        raise BadInput(f"The chat template has more than {MAX_TEXT_CHARS} characters.")
    try:
        template.as_format().render([{"role": "user", "content": "Hello"}], add_generation_prompt=True)
    except jinja2.TemplateSyntaxError as error:
        raise BadInput(f"The chat template is no Jinja: line {error.lineno}: {error.message}.") from error
    except jinja2.TemplateError:  # it may refuse this conversation and take others
        return template
    return template


def _in_place(place: Path) -> ChatTemplate:
    if place.is_dir():
        checkpoint = Checkpoint(place, place)
        if checkpoint.chat_template is None:
            raise BadInput(f"{place} has no chat template.", hint="Name a `prompt_format`, or a file.")
        return ChatTemplate(
            checkpoint.chat_template, checkpoint.special_token("bos_token"), checkpoint.special_token("eos_token")
        )
    if place.suffix != ".jinja":
        raise BadInput(f"“{place}” is no Jinja text, no file that ends in .jinja, and no folder of a checkpoint.")
    try:
        return ChatTemplate(place.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{place} cannot be read: {error}.") from error


def _fault(told: str) -> str:
    try:
        read_template(told)
    except BadInput as fault:
        return str(fault)
    return ""


TEMPLATE = Rule(
    "a Jinja text, a file that ends in .jinja, or the folder of a checkpoint that has a chat template",
    lambda told: not _fault(told),
    alone=True,
    why=_fault,
)
