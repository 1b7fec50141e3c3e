"""Where a contender comes from, and what the licences of all of it allow together."""

import pytest

from arena.battles.record import card_of
from arena.contenders.lineage import Use, ancestry, known, licence_note, lineage_note, terms_of, use_of
from tests.arena.conftest import scripted


def contender(slug: str, **columns):
    made = scripted(slug)
    made.lineage, made.licences, made.base, made.weight_type = "", [], "", ""
    for name, value in columns.items():
        setattr(made, name, value)
    return made


def claim(artefact: str, licence: str) -> dict[str, str]:
    return {"artefact": artefact, "licence": licence, "source": "its repository"}


LLAMA = contender("llama-7b", label="LLaMA 7B", licence="LLaMA non-commercial")
ALPACA = contender(
    "alpaca-7b",
    label="Alpaca 7B",
    licence="CC BY-NC 4.0",
    base="llama-7b",
    relation="finetune",
    licences=[claim("data", "CC BY-NC 4.0"), claim("data", "Apache-2.0"), claim("data", "ODC-By")],
)
LORA = contender(
    "alpaca-lora",
    label="Alpaca-LoRA",
    licence="Apache-2.0",
    base="alpaca-7b",
    relation="adapter",
    weight_type="adapter",
)
FAMILY = known([LLAMA, ALPACA, LORA])


@pytest.mark.parametrize(
    ("licence", "use"),
    [
        ("Apache-2.0", Use.FREE),
        ("cc-by-4.0", Use.FREE),
        ("ODC-By", Use.FREE),
        ("llama2", Use.CONDITIONS),
        ("Llama 2 Community", Use.CONDITIONS),
        ("CC BY-SA 4.0", Use.CONDITIONS),
        ("proprietary", Use.CONDITIONS),
        ("cc-by-nc-4.0", Use.RESEARCH),
        ("CC BY-NC-SA 4.0", Use.RESEARCH),
        ("LLaMA non-commercial", Use.RESEARCH),
        ("other", None),
        ("", None),
    ],
)
def test_a_licence_is_known_by_its_name(licence: str, use: Use | None):
    assert use_of(licence) == use


def test_the_strictest_licence_of_the_lineage_binds_an_adapter_that_states_a_free_one():
    terms = terms_of(LORA, FAMILY)
    assert terms.research_only
    assert licence_note(LORA, FAMILY) == "Apache-2.0; bound by CC BY-NC 4.0 (Alpaca 7B)"


def test_claims_that_disagree_are_shown_as_a_conflict():
    assert terms_of(ALPACA, FAMILY).conflicts == ("data: CC BY-NC 4.0 or Apache-2.0 or ODC-By",)
    assert "conflicting claims on data" in licence_note(ALPACA, FAMILY)


def test_the_licence_of_the_code_does_not_bind_the_weights():
    made = contender("made", licence="MIT", licences=[claim("code", "GPL-3.0"), claim("data", "CC BY-NC 4.0")])
    assert terms_of(made, {}).because == "CC BY-NC 4.0 (The made)"
    free = contender("free", licence="MIT", licences=[claim("code", "GPL-3.0")])
    assert terms_of(free, {}).use is Use.FREE


def test_a_card_tells_the_chain_of_bases_in_words():
    assert card_of(LORA, FAMILY).lineage == "adapter on Alpaca 7B, fine-tuned from LLaMA 7B"
    assert card_of(contender("x", base="OPT 7B"), FAMILY).lineage == "from OPT 7B"
    assert card_of(contender("y", lineage="made up", base="llama-7b"), FAMILY).lineage == "made up"


def test_a_base_is_its_newest_version_unless_one_is_named():
    newer = contender("llama-7b@2", label="LLaMA 7B v2", licence="llama2")
    family = known([LLAMA, newer, ALPACA])
    assert ancestry(ALPACA, family)[1] is newer


def test_a_lineage_that_goes_in_a_circle_ends():
    egg, hen = contender("egg", base="hen"), contender("hen", base="egg")
    assert ancestry(egg, known([egg, hen])) == (egg, hen)


@pytest.mark.parametrize(
    ("base", "told"),
    [
        ("/srv/lab/runs/base", "base"),
        ("runs/base/", "base"),
        ("../base", "base"),
        (r"C:\lab\runs\base", "base"),
        ("meta-llama/Llama-2-7b", "meta-llama/Llama-2-7b"),
        ("LLaMA 7B", "LLaMA 7B"),
        ("https://example.org/models/base", "https://example.org/models/base"),
    ],
)
def test_a_path_of_the_server_is_not_shown_to_voters(base: str, told: str):
    contender = scripted("one")
    contender.lineage, contender.base, contender.relation = "", base, "finetune"
    assert lineage_note(contender, {}) == f"fine-tuned from {told}"
