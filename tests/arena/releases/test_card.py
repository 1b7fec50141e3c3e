from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_card_says_what_is_there_what_is_not_and_whose_terms_hold(
    make: Callable[..., dict[str, Any]], tmp_path: Path
):
    make(licence="cc0-1.0")
    card = (tmp_path / "out" / "first" / "README.md").read_text()
    _, head, body = card.split("---\n", 2)
    assert yaml.safe_load(head)["license"] == "cc0-1.0"
    assert "6 votes on blind battles between 3 contenders by 3 voters" in body
    assert "of 3 of these battles" in body
    assert "Such conversations: 5." in body
    assert "rules and second suspected personal data: 2." in body
    for row in ("| The one | Testers | Apache-2.0 |", "Not for use that competes with us."):
        assert row in body
    assert (tmp_path / "out" / "first" / "CHANGES.md").read_text().endswith("The first release.\n")
