"""Instruction prompts: the texts that ask a teacher for tasks, one TOML file each.

A file's name ends in its version. A text is never changed once a run has used it: a better one is a new version.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from generation.dataset import Example
from generation.declared_tables import build
from generation.errors import BadInput
from generation.toml_tables import read_toml

PROMPTS = Path(__file__).parent

# The JSON schema of structured answers. A task without an input has null there, since any word could be an input.
TASKS_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "tasks": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "instruction": {"type": "string"},
                    "input": {"type": ["string", "null"]},
                    "output": {"type": "string"},
                },
                "required": ["instruction", "input", "output"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["tasks"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class InstructionPrompt:
    """A prompt's text and the words that its examples are written with.

    Attributes:
        text: what is asked; `{tasks}`, `{no_input}` and `{instruction}` are filled in.
        ending: what stands between the rules and numbered examples.
        json_ending: the same for examples in JSON; empty where the prompt has no such form.
        no_input: stands for an empty input among numbered examples.
    """

    language: str
    text: str
    ending: str = ""
    json_ending: str = ""
    instruction: str = "Instruction"
    input: str = "Input"
    output: str = "Output"
    no_input: str = "<noinput>"

    def numbered(self, examples: Sequence[Example], *, tasks: int) -> str:
        """Return the prompt for `tasks` tasks that begins with `examples` and ends where the next one begins.

        The layout is Stanford Alpaca's (`generate_instruction.py`, `encode_prompt`).
        """
        parts = [self._filled(tasks, no_input=f'"{self.no_input}"', ending=self.ending)]
        for number, example in enumerate(examples, start=1):
            parts += [
                "###",
                f"{number}. {self.instruction}: {one_line(example.instruction)}",
                f"{number}. {self.input}:\n{example.input or self.no_input}",
                f"{number}. {self.output}:\n{example.output}",
            ]
        return "\n".join([*parts, "###", f"{len(examples) + 1}. {self.instruction}:"])

    def as_json(self, examples: Sequence[Example], *, tasks: int) -> str:
        """Return the prompt for `tasks` tasks, of which it shows `examples` as JSON and asks for the others."""
        shown = [{"instruction": e.instruction, "input": e.input or None, "output": e.output} for e in examples]
        prompt = self._filled(tasks - len(examples), no_input="null", ending=self.json_ending)
        return prompt + "\n" + json.dumps({"tasks": shown}, ensure_ascii=False, indent=1)

    def _filled(self, tasks: int, *, no_input: str, ending: str) -> str:
        text = f"{self.text.strip()}\n\n{ending}"
        return text.replace("{tasks}", str(tasks)).replace("{no_input}", no_input)

    def listed(self, instructions: Sequence[str]) -> str:
        """Return the prompt that lists instructions and ends at the next number (Self-Instruct, first step)."""
        lines = [f"{number}. {one_line(text)}" for number, text in enumerate(instructions, start=1)]
        return "\n".join([self.text.strip(), *lines, f"{len(lines) + 1}."])

    def about(self, instruction: str) -> str:
        """Return the prompt that asks something about one instruction."""
        return self.text.strip().replace("{instruction}", instruction)


def one_line(text: str) -> str:
    """Return `text` on one line, without a colon at its end, as both published procedures show instructions."""
    return re.sub(r"\s+", " ", text).strip().rstrip(":")


@cache
def load_prompt(name: str) -> InstructionPrompt:
    """Return the prompt called `name`.

    Raises:
        BadInput: there is none.
    """
    path = PROMPTS / f"{name}.toml"
    if not path.is_file():
        names = ", ".join(sorted(one.stem for one in PROMPTS.glob("*.toml")))
        raise BadInput(f"There is no instruction prompt {name}.", hint=f"Known: {names}.")
    return build(InstructionPrompt, read_toml(path), name=str(path))
