"""Makes `nearest.json` beside it: how near each English seed task of ours comes to a published one, by rouge-score.

The published texts are not kept here, only the largest F and the id that git gives to their file. To make it anew,
from the root of the repository, when a task of ours has changed:

    arena generate fetch self-instruct-seeds --accept-terms --to published
    uv run --no-project --with rouge-score python tests/generation/goldens/make_nearest.py published/seed_tasks.jsonl
"""

import json
import subprocess
import sys
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from rouge_score.rouge_scorer import RougeScorer

HERE = Path(__file__).parent
OURS = HERE.parents[2] / "generation/seed_tasks/en.jsonl"


def tasks(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def main() -> None:
    (published,) = map(Path, sys.argv[1:])
    scorer = RougeScorer(["rougeL"], use_stemmer=False)
    others = [task["instruction"] for task in tasks(published)]
    nearest = {
        task["name"]: {
            "sha256": sha256(task["instruction"].encode()).hexdigest(),
            "f": max(scorer.score(task["instruction"], other)["rougeL"].fmeasure for other in others),
        }
        for task in tasks(OURS)
    }
    blob = subprocess.run(["git", "hash-object", "--no-filters", published], capture_output=True, text=True, check=True)
    made = {"by": "make_nearest.py", "rouge-score": version("rouge-score")}
    golden = {"made": made, "published": {"blob": blob.stdout.strip(), "tasks": len(others)}, "nearest": nearest}
    (HERE / "nearest.json").write_text(json.dumps(golden, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
