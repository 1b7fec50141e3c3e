"""The frozen design: one text for one meaning."""

import pytest

from arena.campaigns.design import canonical, hash_of_design


def test_order_and_spelling_of_keys_do_not_matter_and_values_do():
    one, same, other = {"b": 1, "a": "é"}, {"a": "é", "b": 1}, {"a": "é", "b": 2}
    assert canonical(one) == canonical(same) == '{"a":"é","b":1}'
    assert hash_of_design(canonical(one)) != hash_of_design(canonical(other))


def test_what_json_does_not_know_is_refused():
    with pytest.raises(ValueError, match="JSON"):
        canonical({"alpha": float("nan")})
