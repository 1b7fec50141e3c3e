"""What an extra brings and is missing is asked for; a missing part of something installed is a bug."""

import sys

import pytest

from generation import extras
from generation.extras import MissingExtra, install_line, lacking, needing, packages_of, require


@pytest.fixture
def hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda name: None)


def test_the_packages_of_an_extra_are_those_that_the_project_declares():
    assert {"torch", "transformers", "peft"} <= packages_of("train")
    assert packages_of("postgres") == {"psycopg"}
    assert packages_of("nothing") == frozenset()


def test_what_is_there_is_not_asked_for():
    require("local", "json", purpose="Reading")
    with needing("local", "Reading"):
        import json  # noqa: F401


def test_all_that_is_missing_is_named_at_once_with_the_line_that_installs_it(hidden: None):
    with pytest.raises(MissingExtra, match="Serving needs torch and transformers, not installed here") as error:
        require("local", "torch", "transformers", purpose="Serving")
    assert error.value.exit_code == 2
    assert error.value.hint == f"Install it: {install_line('local')}"


def test_the_line_installs_into_this_very_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "executable", "/my folder/python")
    monkeypatch.setattr(extras, "find_spec", lambda name: object())
    assert install_line("train") == "'/my folder/python' -m pip install 'alpaca-arena[train]'"
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    assert install_line("train") == "uv pip install --python '/my folder/python' 'alpaca-arena[train]'"


def test_a_failed_import_of_something_else_stays_a_bug(hidden: None):
    assert lacking(ModuleNotFoundError(name="arena.gone"), "This") is None
    with pytest.raises(ModuleNotFoundError), needing("train", "This"):
        raise ModuleNotFoundError(name="numpy_of_tomorrow")


def test_a_missing_part_of_an_installed_package_stays_a_bug(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(extras, "find_spec", lambda name: object())
    assert lacking(ModuleNotFoundError(name="torch.gone"), "This") is None


def test_a_program_says_it_and_ends_with_two(hidden: None, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit, match="2"), needing("train", "Training", program=True):
        raise ModuleNotFoundError(name="torch")
    assert capsys.readouterr().err.startswith("error: Training needs torch, not installed here.\nhint: Install it: ")
