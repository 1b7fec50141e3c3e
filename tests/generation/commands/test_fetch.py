"""`arena generate fetch`, as a person calls it."""

from pathlib import Path

import pytest

from generation.licences import PUBLISHED
from tests.generation.commands.calls import call


@pytest.mark.parametrize("name", PUBLISHED)
def test_fetch_shows_the_terms_and_fetches_nothing_without_consent(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert call("fetch", name, "--to", tmp_path / "data", "--mirror", "http://127.0.0.1:9/none") == 1
    shown = capsys.readouterr().out
    assert PUBLISHED[name].licence in shown
    assert PUBLISHED[name].terms in shown
    assert "--accept-terms" in shown
    assert not (tmp_path / "data").exists()
