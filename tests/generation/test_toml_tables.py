"""TOML tables: what is written is read back, changes are laid over it, and a key's line is found."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from generation.errors import BadInput
from generation.toml_tables import find_recipe, overlaid, places_in, read_toml, tables_text

KEYS = st.text("abc_", min_size=1, max_size=4)
VALUES = st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False) | st.text()
TABLES = st.recursive(
    st.dictionaries(KEYS, VALUES | st.lists(VALUES, max_size=3), max_size=4),
    lambda inner: st.dictionaries(KEYS, VALUES | inner, max_size=3),
    max_leaves=4,
)


@settings(max_examples=50)
@given(TABLES)
@example({"name": '\x7f\n"', "list": ["\x7f"]})
def test_a_document_that_is_written_is_read_back_the_same(document: dict[str, Any]):
    assert tomllib.loads(tables_text(document)) == document


def test_changes_are_laid_over_table_by_table_and_none_removes_a_key():
    document = {"seed": 1, "stop": {"target": 5, "max_cost": 1.0}, "price": {"input": 1}}
    changes = {"seed": 2, "stop": {"max_cost": None, "max_hours": 3}, "teacher": {"model": "m"}}
    assert overlaid(document, changes) == {
        "seed": 2,
        "stop": {"target": 5, "max_hours": 3},
        "price": {"input": 1},
        "teacher": {"model": "m"},
    }
    assert document["stop"] == {"target": 5, "max_cost": 1.0}


def test_a_key_is_placed_in_the_nearest_file_that_has_it_and_nowhere_where_a_flag_brought_it(tmp_path: Path):
    mine, base = tmp_path / "mine.toml", tmp_path / "base.toml"
    mine.write_text("seed = 1\n\n[stop]\ntarget = 5\n")
    base.write_text("seed = 0\n[stop]\nmax_cost = 1\n")
    place = places_in([(mine, read_toml(mine)), (base, read_toml(base))], {"seed": 2})
    assert (place("stop.target"), place("stop.max_cost"), place("seed")) == ("mine.toml:4: ", "base.toml:3: ", "")


def test_a_recipe_is_found_by_its_name_beside_another_or_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    shipped, beside, here = (tmp_path / name for name in ("shipped", "beside", "here"))
    for folder, name in ((shipped, "demo.toml"), (beside, "base.toml"), (here, "mine.toml")):
        folder.mkdir()
        (folder / name).touch()
    monkeypatch.chdir(here)
    assert find_recipe("demo", shipped=shipped) == shipped / "demo.toml"
    assert find_recipe("base.toml", shipped=shipped, beside=beside) == beside / "base.toml"
    assert find_recipe("mine.toml", shipped=shipped, beside=beside).samefile(here / "mine.toml")
    with pytest.raises(BadInput, match=r"no recipe other\.toml") as refusal:
        find_recipe("other.toml", shipped=shipped)
    assert "demo" in (refusal.value.hint or "")


@pytest.mark.parametrize(
    ("content", "sentence"), [(b"a = ", "is not valid TOML"), (b"\xff", "cannot be read"), (None, "cannot be read")]
)
def test_a_file_that_is_no_toml_is_refused_by_name(tmp_path: Path, content: bytes | None, sentence: str):
    path = tmp_path / "mine.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadInput, match=rf"mine\.toml {sentence}"):
        read_toml(path)
