"""What a person can write into a file or the environment is declared once, with a meaning and examples that hold."""

from collections.abc import Iterator

import pytest

from arena.campaigns.campaign_file import CampaignFile
from arena.contenders.schema import BACKENDS, ContenderEntry, declared_for
from arena.settings import Settings, variable_of
from generation.backends.options import KINDS, options_of
from generation.backends.registry import open_backend
from generation.declared_tables import DeclaredKey, faults_of, keys_of
from generation.errors import BadInput
from generation.recipe import GenerationRecipe, TeacherServers
from leaderboard.sampling import POLICIES
from training.recipe import TrainingRecipe

DECLARED = [Settings, GenerationRecipe, TrainingRecipe, ContenderEntry, CampaignFile, *map(options_of, KINDS)]


def keys_within(kind: type) -> Iterator[tuple[type, DeclaredKey]]:
    for key in keys_of(kind).values():
        yield kind, key
        if key.table:
            yield from keys_within(key.table)


@pytest.mark.parametrize("kind", DECLARED, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_every_key_says_what_it_is_for_and_its_example_holds(kind: type):
    for table, key in keys_within(kind):
        assert key.means.meaning, f"{table.__name__}.{key.name}"
        if key.means.example is not None and kind is not Settings:
            faults = faults_of(table, {key.name: key.means.example})
            assert not [fault for fault in faults if fault.key == key.name], f"{table.__name__}.{key.name}"


@pytest.mark.parametrize("name", keys_of(Settings))
def test_every_setting_has_an_example_that_the_environment_may_hold(name: str):
    example = keys_of(Settings)[name].means.example
    settings = Settings.from_env({variable_of(name): str(example)})
    assert getattr(settings, name) != getattr(Settings(), name)


def test_the_words_of_a_setting_are_those_that_its_part_of_the_arena_knows():
    assert {*keys_of(Settings)["sampling"].choices} == {*POLICIES}


def test_every_backend_of_a_contender_is_one_that_can_be_opened():
    assert {*BACKENDS} < {*KINDS}
    assert all(declared_for(name) for name in BACKENDS)
    with pytest.raises(BadInput, match="is not a backend"):
        open_backend("telepathy", {})
    assert {*keys_of(TeacherServers)["kind"].choices} < {*KINDS}
