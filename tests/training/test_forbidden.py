"""Training refuses what campaigns compare on."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from training.errors import TrainingError
from training.forbidden import check_forbidden
from training.recipe import load_recipe

PROMPT = "Describe the smell of a library in four sentences"


@pytest.mark.parametrize(("name", "found"), [("rows.jsonl", [2]), ("text.txt", [2])])
def test_data_with_forbidden_prompts_are_refused(tmp_path: Path, name: str, found: list[int]):
    (tmp_path / "rows.jsonl").write_text(
        "".join(json.dumps({"instruction": one, "input": "", "output": "x"}) + "\n" for one in ("Name a fruit", PROMPT))
    )
    (tmp_path / "text.txt").write_text(f"An apple is a fruit.\n\n{PROMPT}\n")
    forbidden = tmp_path / "forbidden"
    recipe = replace(load_recipe("debug_tiny", changes=[]), data=(str(tmp_path / name),))
    assert check_forbidden(recipe, forbidden, allowed=False) is None
    forbidden.mkdir()
    (forbidden / "trial-1.jsonl").write_text(json.dumps({"turns": [PROMPT]}) + "\n")
    with pytest.raises(TrainingError, match="1 of 2 rows hold prompts"):
        check_forbidden(recipe, forbidden, allowed=False)
    allowed = check_forbidden(recipe, forbidden, allowed=True)
    assert allowed
    assert list(allowed.overlaps) == found
