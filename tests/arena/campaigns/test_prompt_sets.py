"""Prompt sets: what identifies one, and the set that ships."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from arena.campaigns.prompt_sets import prompts_from, shipped_prompts, store_prompts, stored_prompts
from arena.db.session import Database
from arena.errors import BadConfiguration
from generation.candidates.decontamination import Contamination, read_prompt_set
from generation.candidates.near_duplicates import NearDuplicates
from generation.dataset import Example
from tests.arena.campaigns.test_prompt_files import HUMAN_EVALUATION, written


def test_the_shipped_set_is_in_two_languages_and_has_turns():
    prompts = shipped_prompts().prompts
    assert Counter(prompt.language for prompt in prompts) == {"English": 126, "Korean": 126}
    assert sum(len(prompt.turns) > 1 for prompt in prompts) == 20
    assert len({prompt.item for prompt in prompts}) == len({prompt.turns for prompt in prompts}) == 252
    assert len({prompt.category for prompt in prompts}) >= 10


def test_no_prompt_of_the_shipped_set_is_another_one_in_disguise():
    pool = NearDuplicates("unicode", None)
    for prompt in shipped_prompts().prompts:
        assert pool.duplicate_of(prompt.turns[0]) is None, prompt
        pool.add(prompt.turns[0])


@pytest.mark.skipif(not HUMAN_EVALUATION.exists(), reason="the 252 prompts are not here")
def test_the_shipped_set_shares_nothing_with_the_252():
    contamination = Contamination([read_prompt_set(HUMAN_EVALUATION)])
    found = [contamination.find(Example("\n".join(prompt.turns))) for prompt in shipped_prompts().prompts]
    assert [one for one in found if one and one.contaminates] == []


def test_the_hash_depends_on_the_prompts_and_their_order(tmp_path: Path):
    path = written(tmp_path, {"prompt": "one"}, {"prompt": "two"})
    prompts = prompts_from(path, licence="own")
    assert prompts.sha256 == prompts_from(path, name="other", licence="MIT").sha256
    assert prompts.sha256 != replace(prompts, prompts=prompts.prompts[::-1]).sha256


def test_a_published_format_brings_its_licence_and_our_own_needs_one(tmp_path: Path):
    bench = written(tmp_path, {"question_id": 1, "turns": ["one"]}, name="bench.jsonl")
    assert (prompts_from(bench).licence, prompts_from(bench).do_not_train) == ("Apache-2.0", True)
    with pytest.raises(BadConfiguration, match="licence"):
        prompts_from(written(tmp_path, {"prompt": "one"}))


def test_a_stored_set_comes_back_and_never_changes(database: Database, tmp_path: Path):
    prompts = prompts_from(written(tmp_path, {"turns": ["하나", "two"], "category": "x"}), licence="own")
    with database.writing() as session:
        first = store_prompts(session, prompts).id
    with database.writing() as session:
        again = store_prompts(session, prompts)
        assert again.id == first
        assert stored_prompts(again) == prompts
        changed = prompts_from(written(tmp_path, {"prompt": "three"}), licence="own")
        with pytest.raises(BadConfiguration, match="version 1") as refusal:
            store_prompts(session, changed)
        assert "raise `version`" in (refusal.value.hint or "")
        assert store_prompts(session, replace(changed, version="2")).id != first
