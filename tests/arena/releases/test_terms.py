import pytest

from arena.releases.terms import forbids_publication


@pytest.mark.parametrize(
    "restrictions",
    [
        "Outputs may not be published.",
        "Do not share what it writes with third parties.",
        "Confidential until launch.",
        "No benchmarks may be disclosed without our consent",
        "Redistribution of outputs is prohibited.",
        "출력물의 공개를 금지합니다.",
    ],
)
def test_terms_that_forbid_publication_are_recognised(restrictions: str):
    assert forbids_publication(restrictions)


@pytest.mark.parametrize(
    "restrictions",
    ["", "Not for use that competes with OpenAI.", "Research only.", "Published as CC BY.", "No spam."],
)
def test_other_terms_do_not_keep_answers_back(restrictions: str):
    assert not forbids_publication(restrictions)
