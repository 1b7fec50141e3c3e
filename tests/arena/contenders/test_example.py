"""The example and the reference: made from the declarations, complete, and right in every value."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from arena.cli import main
from arena.contenders.example import example_file, reference_text
from arena.contenders.file import read_contenders
from arena.contenders.schema import BACKENDS, ContenderEntry, contender_faults, declared_for
from generation.declared_tables import DeclaredKey, explanation, faults_of, keys_of


def declared(kind: type, place: str = "") -> Iterator[tuple[type, str, DeclaredKey]]:
    """Yield every key of a table and of those in it, with its place in the reference."""
    for key in keys_of(kind).values():
        inner = f"{place}{key.name}" + ("[]" if key.many and key.table else "")
        yield kind, inner, key
        if key.table:
            yield from declared(key.table, f"{inner}.")


EVERY_KEY = [
    *declared(ContenderEntry),
    *(one for name in BACKENDS for kind in declared_for(name) for one in declared(kind)),
]
IDS = [f"{kind.__name__}-{place}" for kind, place, _ in EVERY_KEY]


def test_the_printed_example_is_a_file_that_works(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["contenders", "example"]) == 0
    (tmp_path / "contenders.toml").write_text(capsys.readouterr().out)
    slugs = [entry.slug for entry in read_contenders(tmp_path / "contenders.toml")]
    assert slugs == ["alpaca-7b", "llama-7b", "reference", "alpaca-lora", "tiny", "davinci-003"]


@pytest.mark.parametrize(("kind", "place", "key"), EVERY_KEY, ids=IDS)
def test_every_key_is_explained_and_has_an_example_that_is_accepted(kind: type, place: str, key: DeclaredKey):
    assert key.means.meaning
    assert f"\n{place}\n" in f"\n{reference_text()}"
    if key.table is None:
        assert key.means.example is not None
        told = {key.name: key.means.example}
        assert [fault for fault in faults_of(kind, told) if fault.key == key.name] == []


@pytest.mark.parametrize(("kind", "place", "key"), EVERY_KEY[: len([*declared(ContenderEntry)])])
def test_every_key_of_a_contender_stands_in_the_example(kind: type, place: str, key: DeclaredKey):
    if "[]" in place:
        return  # inside a list of tables; the reference explains it
    assert f"# {explanation(key)}" in example_file()


def test_a_line_of_the_example_that_is_a_comment_works_without_its_mark():
    lines = example_file().splitlines()
    tried = 0
    for number, line in enumerate(lines):
        key, equals, _ = line.removeprefix("# ").partition(" = ")
        if not (line.startswith("# ") and equals and key.isidentifier()) or key in (
            "urls",
            "input",
            "output",
            "chat_template",
        ):
            continue  # those stand in the place of others
        headers = [at for at, other in enumerate(lines) if other == "[[contender]]"]
        start = max(at for at in headers if at < number)
        end = min((at for at in headers if at > number), default=len(lines))
        section = max(at for at in range(number) if lines[at].startswith("["))
        before = [other for other in lines[section:number] if not other.startswith(f"{key} =")]
        document = "\n".join([*lines[start:section], *before, line.removeprefix("# "), *lines[number + 1 : end]])
        (table,) = tomllib.loads(document)["contender"]
        assert contender_faults(table) == []
        tried += 1
    assert tried > 20


def test_the_reference_says_what_a_key_may_hold_and_its_default(capsys: pytest.CaptureFixture[str]):
    assert main(["contenders", "reference"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "timeout_s Longest silence on the wire" in printed
    assert "A number above 0. Default: 300.0. Example: 300." in printed


def test_the_help_of_flags_is_that_of_the_keys(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        main(["contenders", "add", "--help"])
    printed = " ".join(capsys.readouterr().out.split())
    assert keys_of(ContenderEntry)["api_key_env"].means.meaning in printed
    assert "--protocol {chat,completions,continuation}" in printed
