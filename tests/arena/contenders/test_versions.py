"""Whatever could change what a contender says makes a new version, with votes of its own."""

from dataclasses import replace
from typing import Any

import pytest

from arena.contenders.register import Contenders
from arena.contenders.schema import BACKENDS, ContenderEntry
from arena.contenders.versions import SAYS_NOTHING_NEW
from arena.db.session import Database
from arena.db.states import ContenderStatus
from arena.errors import BadConfiguration, ContenderUnfit
from generation.backends.options import options_of
from generation.declared_tables import keys_of

ALPACA = ContenderEntry(
    slug="alpaca",
    label="Alpaca",
    backend="openai",
    options={"url": "http://127.0.0.1:8000/v1", "model": "alpaca-7b"},
    licence="CC BY-NC 4.0",
)


@pytest.fixture
def contenders(database: Database) -> Contenders:
    return Contenders(database)


def drawn(contenders: Contenders) -> Contenders:
    contenders.sync([ALPACA])
    contenders.activate("alpaca", "seen to work", unchecked=True)
    return contenders


@pytest.mark.parametrize(
    "change",
    [
        {"options": {"url": "http://127.0.0.1:8000/v1", "model": "alpaca-13b"}},
        {"system_prompt": "Be brief."},
        {"sampling": {"temperature": 0.2}},
        {"prompt_format": "vicuna_v1.1"},
        {"options": {**ALPACA.options, "chat_template": "{{ messages }}"}},
        {"weights_sha256": "0" * 64},
        {"revision": "step-200"},
    ],
)
def test_what_answers_otherwise_is_a_new_candidate_and_the_former_version_is_retired(
    contenders: Contenders, change: dict[str, Any]
):
    report = drawn(contenders).sync([replace(ALPACA, **change)])
    assert (report.added, report.new_versions, report.changed) == ((), ("alpaca@2",), ())
    first, second = contenders.list()
    assert (first.slug, first.status, first.status_reason) == (
        "alpaca",
        ContenderStatus.RETIRED,
        "replaced by alpaca@2",
    )
    assert (second.slug, second.label, second.status) == ("alpaca@2", "Alpaca v2", ContenderStatus.CANDIDATE)
    assert contenders.sync([replace(ALPACA, **change)]).unchanged == ("alpaca@2",)


@pytest.mark.parametrize(
    "change",
    [
        {"label": "Alpaca 7B"},
        {"licence": "Apache-2.0"},
        {"limits": {"total_s": 60}},
        {"prices": {"input": 1.0}},
        {"options": {"url": "http://127.0.0.1:9000/v1", "model": "alpaca-7b"}},
    ],
)
def test_what_only_describes_it_or_moves_its_server_is_the_same_version(contenders: Contenders, change: dict[str, Any]):
    report = drawn(contenders).sync([replace(ALPACA, **change)])
    assert (report.new_versions, report.changed) == ((), ("alpaca",))
    assert [row.status for row in contenders.list()] == [ContenderStatus.ACTIVE]


def test_a_candidate_that_was_never_drawn_is_described_anew_in_place(contenders: Contenders):
    contenders.sync([ALPACA])
    assert contenders.sync([replace(ALPACA, system_prompt="Be brief.")]).changed == ("alpaca",)
    assert [row.slug for row in contenders.list()] == ["alpaca"]


def test_a_bare_slug_is_the_newest_version_and_a_number_names_one(contenders: Contenders):
    drawn(contenders).sync([replace(ALPACA, system_prompt="Be brief.")])
    contenders.activate("alpaca", "seen to work", unchecked=True)
    assert [row.slug for row in contenders.active()] == ["alpaca@2"]
    assert [row.slug for row in contenders.named(["alpaca@1", "alpaca", "alpaca@2"])] == [
        "alpaca",
        "alpaca@2",
        "alpaca@2",
    ]
    contenders.sync([replace(ALPACA, system_prompt="Be long.")])
    assert [row.slug for row in contenders.list()][-1] == "alpaca@3"


def test_a_label_that_reads_like_a_new_versions_is_refused(contenders: Contenders):
    drawn(contenders)
    clash = replace(ALPACA, slug="other", label="alpaca V2")
    with pytest.raises(BadConfiguration, match="its label reads like that of"):
        contenders.sync([replace(ALPACA, system_prompt="Be brief."), clash])
    assert [row.slug for row in contenders.list()] == ["alpaca"]


def test_nothing_enters_the_pool_unchecked_and_a_check_holds_for_its_version_only(contenders: Contenders):
    contenders.sync([ALPACA])
    with pytest.raises(ContenderUnfit, match="has not passed a check as it is now"):
        contenders.activate("alpaca", "it looks fine")
    contenders.note_check("alpaca", passed=True, findings=[])
    contenders.sync([replace(ALPACA, system_prompt="Be brief.")])
    with pytest.raises(ContenderUnfit):
        contenders.activate("alpaca", "it was fine")
    contenders.note_check("alpaca", passed=True, findings=[])
    contenders.note_check("alpaca", passed=False, findings=[{"name": "replies", "verdict": "fault", "detail": "no"}])
    with pytest.raises(ContenderUnfit):
        contenders.activate("alpaca", "the check before was fine")
    contenders.note_check("alpaca", passed=True, findings=[])
    assert contenders.activate("alpaca", "checked").status is ContenderStatus.ACTIVE


def test_every_change_of_a_status_is_kept_with_its_reason(contenders: Contenders):
    drawn(contenders).pause("alpaca", "its server moves")
    contenders.sync([replace(ALPACA, revision="2")])
    assert [(slug, status.value, reason) for slug, _, status, _, reason in reversed(contenders.history())] == [
        ("alpaca", "candidate", "registered"),
        ("alpaca", "active", "unchecked: seen to work"),
        ("alpaca", "paused", "its server moves"),
        ("alpaca@2", "candidate", "registered"),
        ("alpaca", "retired", "replaced by alpaca@2"),
    ]


def test_a_public_arena_draws_no_research_licence_that_is_not_acknowledged(database: Database, contenders: Contenders):
    drawn(contenders)
    public = Contenders(database, public=True)
    assert [row.slug for row in public.pause_unacknowledged()] == ["alpaca"]
    with pytest.raises(ContenderUnfit, match=r"research only \(CC BY-NC 4.0 \(Alpaca\)\)"):
        public.activate("alpaca", "why not", unchecked=True)
    public.sync([replace(ALPACA, research_only_acknowledged=True)])
    assert public.activate("alpaca", "acknowledged", unchecked=True).status is ContenderStatus.ACTIVE
    assert public.pause_unacknowledged() == ()


def test_every_option_that_says_nothing_new_is_one_that_a_backend_declares():
    declared = {name for backend in BACKENDS for name in keys_of(options_of(backend))}
    assert declared >= SAYS_NOTHING_NEW
