"""Fields of forms: read without trust."""

import pytest

from arena.campaigns.judgements import Said
from arena.db.campaign_tables import SideVerdict
from arena.errors import BadConfiguration
from arena.web.campaigns.forms import FormFields


@pytest.mark.parametrize(
    ("text", "number"), [("7", 7), ("", None), ("-1", None), ("٣", None), ("1e3", None), ("9" * 10, None)]
)
def test_whole_numbers(text: str, number: int | None):
    form = FormFields({"n": [text]})
    assert form.number_or_none("n") == number
    if number is None:
        with pytest.raises(BadConfiguration):
            form.number("n")


def test_missing_fields_are_empty():
    form = FormFields({"verdict": ["tie"], "tag": ["a", "b"], "seconds": ["soon"], "acceptable_left": ["maybe"]})
    assert form.said() == Said(SideVerdict.TIE, tags=("a", "b"))
    assert form.seconds("seconds") is None
    assert form.text("rationale") == ""
