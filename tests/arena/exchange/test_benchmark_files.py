"""Files of benchmark results, as their tools and boards write them."""

import json
from pathlib import Path
from typing import Any

from arena.exchange.benchmark_files import read_benchmarks

SOURCE = "https://example.org/results"


HARNESS: dict[str, Any] = {
    "results": {
        "gsm8k": {
            "alias": "gsm8k",
            "exact_match,strict-match": 0.25,
            "exact_match_stderr,strict-match": 0.01,
            "exact_match,flexible-extract": 0.5,
            "exact_match_stderr,flexible-extract": "N/A",
        },
        "wikitext": {"word_perplexity,none": 12.5, "word_perplexity_stderr,none": "N/A"},
    },
    "n-shot": {"gsm8k": 5, "wikitext": 0},
    "n-samples": {"gsm8k": {"original": 1319, "effective": 100}, "wikitext": {"original": 62, "effective": 62}},
    "higher_is_better": {"gsm8k": {"exact_match": True}, "wikitext": {"word_perplexity": False}},
    "config": {"model": "hf", "model_args": "pretrained=lab/alpaca,peft=lab/alpaca-lora"},
    "date": 1770000000.0,
}


def written(path: Path, content: object) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_the_harness_names_the_adapter_before_its_base(tmp_path: Path):
    assert {figure.model for figure in read_benchmarks(written(tmp_path / "r.json", HARNESS))} == {"lab/alpaca-lora"}
