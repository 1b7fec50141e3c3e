"""Declared tables: one declaration makes the check, the object and the reference."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import pytest

from generation.declared_tables import NOT_DECLARED, Inside, Means, TableFault, build, faults_of, read_table, reference
from generation.errors import BadInput
from generation.value_rules import LINE, Count, NotNegative, between, one_of


@dataclass(frozen=True, slots=True)
class Leaf:
    shade: Annotated[Literal["green", "red"], Means("its colour", example="red")]
    veins: Annotated[Count, Means("how many", example=3)] = 5


@dataclass(frozen=True, slots=True)
class Tree:
    name: Annotated[str, LINE, Means("what it is called", example="oak")]
    height_m: Annotated[NotNegative | None, Means("from the ground", unit="metres", example=7)] = None
    share: Annotated[float, between(0, 1), Means("of the wood")] = 0.5
    words: Annotated[str | tuple[str, ...], Means("on it")] = ()
    kind: Annotated[str, one_of("oak", "pine"), Means("of tree")] = "oak"
    leaf: Annotated[Leaf | None, Means("the first")] = None
    leaves: Annotated[tuple[Leaf, ...], Means("the others")] = ()
    notes: Annotated[Sequence[Mapping[str, Any]], Inside(Leaf), Means("kept as they are")] = field(default_factory=list)
    weights: Annotated[Mapping[str, float], Means("by name")] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict, metadata=NOT_DECLARED)

    @classmethod
    def faults_between(cls, table: Mapping[str, Any]) -> Iterator[TableFault]:
        """Yield what is wrong between two keys."""
        if {"leaf", "notes"} <= table.keys():
            yield TableFault("notes", "must not be given beside `leaf`")

    def faults(self) -> Iterator[TableFault]:
        """Yield what is wrong with a tree that is right in each value."""
        if self.share == 1 and self.leaves:
            yield TableFault("leaves", "cannot be where all is wood")


def told(table: Mapping[str, Any]) -> list[str]:
    return [str(fault) for fault in faults_of(Tree, table)]


def test_a_right_table_becomes_an_object_with_its_defaults():
    tree, faults = read_table(
        Tree,
        {
            "name": "oak",
            "height_m": 7,
            "words": ["a", "b"],
            "leaves": [{"shade": "red"}],
            "notes": [{"shade": "green", "veins": 1}],
            "weights": {"a": 1},
        },
    )
    assert faults == []
    assert tree == Tree(
        name="oak",
        height_m=7.0,
        words=("a", "b"),
        leaves=(Leaf("red"),),
        notes=[{"shade": "green", "veins": 1}],
        weights={"a": 1},
    )


def test_every_fault_is_told_at_once_with_its_key_and_the_closest_name():
    assert told(
        {
            "nmae": "oak",
            "height_m": -1,
            "share": 2,
            "words": [1],
            "kind": "pin",
            "leaf": {"shade": "gren", "vein": 2},
            "leaves": [{"shade": "red"}, {"veins": 0}],
            "notes": [{}],
            "weights": {"a": "heavy"},
            "options": {},
        }
    ) == [
        "nmae: is not a key here; did you mean `name`?",
        "height_m: must be a number from 0, not -1",
        "share: must be a number from 0 to 1, not 2",
        "words: must be a text or a list of texts",
        "kind: must be `oak` or `pine`; did you mean `pine`?",
        "leaf.shade: must be `green` or `red`; did you mean `green`?",
        "leaf.vein: is not a key here; did you mean `veins`?",
        "leaves[2].veins: must be a whole number from 1, not 0",
        "leaves[2].shade: is missing",
        "notes[1].shade: is missing",
        "weights: must be a table of numbers",
        "options: is not a key here; known: name, height_m, share, words, kind, leaf, leaves, notes, weights",
        "name: is missing",
        "notes: must not be given beside `leaf`",
    ]


def test_what_is_wrong_with_the_object_is_told_once_its_values_are_right():
    assert told({"name": "oak", "share": 1, "leaves": [{"shade": "red"}]}) == ["leaves: cannot be where all is wood"]


@pytest.mark.parametrize("number", [True, float("nan"), float("inf"), "0.5", None])
def test_what_is_no_finite_number_is_none(number: object):
    (fault,) = faults_of(Tree, {"name": "oak", "share": number})
    assert fault.sentence.startswith("must be a number from 0 to 1")


def test_a_text_is_never_quoted_and_a_secret_is_sent_elsewhere():
    table = {"name": "canary\n", "kind": "canary", "share": "canary", "api_key": "canary", "leaf": "canary"}
    assert "canary" not in str(told(table))
    assert "api_key: a key must not be written here; name its environment variable in `api_key_env`" in told(table)


def test_a_fault_stands_in_its_place():
    with pytest.raises(BadInput) as refused:
        build(Tree, {"name": ""}, name="tree.toml", place=lambda key: f"line of {key}: ")
    assert str(refused.value).startswith("tree.toml cannot be used:")
    assert refused.value.faults == ("line of name: name: must be one line of text, up to 400 characters",)


def test_the_reference_has_every_key_with_unit_bounds_default_and_example():
    printed = " ".join(reference(Tree).split())
    assert 'name What it is called. One line of text, up to 400 characters. Must be given. Example: "oak".' in printed
    assert "height_m From the ground, in metres. A number from 0. Example: 7." in printed
    assert "leaves[].veins How many. A whole number from 1. Default: 5. Example: 3." in printed
    assert "options" not in printed
