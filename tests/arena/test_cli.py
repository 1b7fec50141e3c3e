"""One grammar of commands: every one explains itself, and tells a person's mistake in a sentence."""

import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from arena.cli import COMMANDS, Commands, main


def every_command(commands: Commands = COMMANDS, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, (module, _) in commands.items():
        yield (*words, name)
        yield from every_command(getattr(importlib.import_module(module), "COMMANDS", {}), (*words, name))


@pytest.mark.parametrize("words", [*every_command()], ids=" ".join)
def test_every_command_explains_itself_and_not_its_group(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ending:
        main([*words, "--help"])
    assert ending.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: arena {' '.join(words)} ")


def test_the_actions_of_a_command_explain_themselves(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        main(["leaderboard", "compare", "--help"])
    assert capsys.readouterr().out.startswith("usage: arena leaderboard compare ")


def test_without_a_command_all_of_them_are_listed(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ending:
        main([])
    assert ending.value.code == 2
    said = capsys.readouterr().err
    assert all(about in said for _, about in COMMANDS.values())


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    votes = tmp_path / "votes.csv"
    votes.write_text("model_a,model_b,winner\na,b,model_a\n")
    missing = tmp_path / "not" / "here"
    assert main(["train", "diff", "make", str(missing), str(missing), str(tmp_path / "out")]) in {1, 2}
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert "Traceback" not in said
