"""The contenders file and the backends judge by one declaration: what the file accepts opens, and nothing else does."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

import pytest

from arena.contenders.opened import OpenContenders
from arena.contenders.schema import BACKENDS, contender_faults, entry_of
from arena.db.tables import Contender
from arena.errors import ArenaError
from generation.backends import transformers
from generation.backends.options import options_of
from generation.backends.vendors import backend as vendors
from generation.declared_tables import keys_of
from generation.errors import GenerationError

TINY = Path(__file__).parents[3] / "arena/demo/tiny-base"
VALUES: tuple[Any, ...] = (
    *(True, False, -1, 0, 1, 1.5, 10**6, float("nan"), float("inf")),
    *(
        "",
        " ",
        "word",
        "two\nlines",
        "chat",
        "continuation",
        "alpaca",
        "cpu",
        "auto",
        "stalled",
        "(",
        "{{ naem }}",
        "x" * 500,
    ),
    *("http://host", "http://host/v1/v1", "http://user:x@host/v1", "http://host/v1?key=x", "host:8000"),
    *([], ["a"], [1], ["http://a/v1", "http://b/v1"], ["http://a/v1", "http://A:80/v1/"]),
    *({}, {"messages": []}, {"api_key": "x"}, {"a": {"token": "x"}}, {"reasoning_effort": "low"}),
    *(
        [{}],
        [{"match": "x"}],
        [{"match": "("}],
        [{"turn": 0}],
        [{"turn": 1, "reply": []}],
        [{"match": "x", "mtach": 1}],
    ),
)
# Whatever text they hold, it may name nothing that is there.
ON_DISK = {"folder", "base_folder", "file", "chat_template"}


@pytest.fixture
def tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    """A table that works, by backend."""
    monkeypatch.setattr(transformers, "_load", lambda *_args, **_options: None)
    monkeypatch.setattr(vendors, "open_vendor", lambda *_args, **_options: AsyncMock())
    recording = tmp_path / "recording.jsonl"
    recording.write_text(json.dumps({"prompt": "Hi", "reply": "Hello."}) + "\n")
    told: dict[str, dict[str, Any]] = {
        "openai": {"url": "http://127.0.0.1:9/v1", "model": "any"},
        "vendor": {"vendor": "bedrock", "region": "eu-west-1", "model": "any"},
        "numpy": {"folder": str(TINY)},
        "transformers": {"folder": str(TINY)},
        "recorded": {"file": str(recording)},
        "scripted": {},
    }
    assert told.keys() == {*BACKENDS}
    return {name: {"slug": "one", "label": "One", "backend": name, **options} for name, options in told.items()}


async def opens(table: dict[str, Any]) -> bool:
    entry = entry_of(table)
    row = Contender(
        id=1,
        slug=entry.slug,
        backend=entry.backend,
        options=dict(entry.options),
        sampling={},
        limits={},
        system_prompt="",
        api_key_env="",
        prompt_format=entry.prompt_format,
    )
    contenders = OpenContenders({})
    try:
        contenders.get(row)
    except (ArenaError, GenerationError):
        return False
    await contenders.aclose()
    return True


def tried(name: str, table: dict[str, Any]) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """Yield each option with each value, laid over a table that works."""
    for key in keys_of(options_of(name)).values():
        for value in (key.means.example, *VALUES):
            if key.name in ON_DISK and isinstance(value, str) and value.strip():
                continue
            without = {other: it for other, it in table.items() if (other, key.name) != ("url", "urls")}
            yield key.name, value, {**without, key.name: value}


@pytest.mark.parametrize("name", BACKENDS)
async def test_what_the_file_accepts_opens_and_nothing_else_does(name: str, tables: dict[str, dict[str, Any]]):
    assert await opens(tables[name])
    assert contender_faults(tables[name]) == []
    accepted = 0
    for option, value, table in tried(name, tables[name]):
        fits = contender_faults(table) == []
        # The database keeps a prompt format that is left out as an empty text.
        if option != "prompt_format" or (isinstance(value, str) and value):
            assert await opens(table) == fits, f"{option} = {value!r}"
        accepted += fits
    assert accepted > len(keys_of(options_of(name))) - len(ON_DISK)


@pytest.mark.parametrize("name", BACKENDS)
async def test_an_option_that_no_backend_knows_is_refused_by_both(name: str, tables: dict[str, dict[str, Any]]):
    table = {**tables[name], "no_such_option": 1}
    assert [fault.key for fault in contender_faults(table)] == ["no_such_option"]
    assert not await opens(table)


def test_the_two_disagreements_of_the_past_are_decided_in_one_place(tables: dict[str, dict[str, Any]]):
    assert contender_faults({**tables["openai"], "timeout_s": 30}) == []
    (fault,) = contender_faults({**tables["openai"], "extra": {"messages": []}})
    assert str(fault) == "extra: must not hold messages: the arena sets that"


def test_a_key_of_any_contender_is_suggested_among_the_options(tables: dict[str, dict[str, Any]]):
    (fault,) = contender_faults({**tables["numpy"], "lable": "x"})
    assert fault.sentence.endswith("did you mean `label`?")


def test_a_folder_to_be_served_needs_no_address_and_no_model(tables: dict[str, dict[str, Any]]):
    table = {"slug": "one", "label": "One", "backend": "openai", "folder": str(TINY)}
    assert contender_faults(table) == []
    assert entry_of(table).options == {"folder": str(TINY), "model": "one"}
    assert {fault.key for fault in contender_faults({**tables["openai"], "folder": 3, "timeout_s": 0})} == {
        "folder",
        "timeout_s",
    }


def test_a_template_file_is_kept_as_the_text_that_it_had_when_it_was_registered(
    tmp_path: Path, tables: dict[str, dict[str, Any]]
):
    file = tmp_path / "own.jinja"
    file.write_text("{% for message in messages %}{{ message.content }}{% endfor %}")
    table = {**tables["openai"], "chat_template": str(file)}
    assert contender_faults(table) == []
    assert entry_of(table).options["chat_template"] == file.read_text()


def test_a_checkpoints_template_brings_the_special_tokens_that_an_endpoint_needs(tables: dict[str, dict[str, Any]]):
    table = {**tables["openai"], "protocol": "completions", "chat_template": str(TINY), "bos_token": "<own>"}
    assert contender_faults(table) == []
    options = entry_of(table).options
    assert "{%" in options["chat_template"]
    assert (options["bos_token"], options["eos_token"]) == ("<own>", "<|end|>")
    assert "eos_token" not in entry_of({**tables["numpy"], "chat_template": str(TINY)}).options


def test_a_template_that_cannot_be_read_is_a_fault_of_the_table(tables: dict[str, dict[str, Any]]):
    (fault,) = contender_faults({**tables["openai"], "chat_template": "no/such.jinja"})
    assert fault.key == "chat_template"
    assert "no/such.jinja cannot be read" in str(fault)
    (fault,) = contender_faults({**tables["openai"], "prompt_format": "alpaca", "chat_template": "{{ messages }}"})
    assert "beside `prompt_format`" in str(fault)
