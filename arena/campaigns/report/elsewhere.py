"""A campaign in the formats of other tools, which show or collect comparisons.

| file | read by |
|---|---|
| `llm_comparator.json` | LLM Comparator, a viewer of two contenders side by side: the primary pair |
| `inspect_log.json` | Inspect AI, as a log of version 2: a sample for each judgement |
| `every_eval_ever.jsonl` | Every Eval Ever, schema 0.3.0: a line for each contender, with its share of wins |

Times come from the folder, so the same folder gives the same bytes.
"""

from collections.abc import Sequence
from typing import Any

from arena.campaigns.report.folder import CampaignFolder, ComparedContender
from arena.campaigns.report.results import PairResult
from arena.campaigns.report.standing import StandingJudgement, of_kind, of_pair

SCHEMA_OF_EVERY_EVAL = "0.3.0"
# In LLM Comparator a score above zero says that A is better.
SCORES = {"first": 1.0, "second": -1.0, "tie": 0.0, "both_bad": 0.0}
LETTERS = {"first": "A", "second": "B", "tie": "tie", "both_bad": "both_bad"}
BETWEEN_TURNS = "\n\n---\n\n"


def llm_comparator(folder: CampaignFolder, standing: Sequence[StandingJudgement]) -> dict[str, Any]:
    """Return the primary pair's judgements for LLM Comparator: an example for each prompt with a judgement."""
    first, second = folder.primary_pair
    texts = {(one.item, one.contender): BETWEEN_TURNS.join(one.texts) for one in folder.answers}
    by_item: dict[str, list[StandingJudgement]] = {}
    for one in of_pair(of_kind(standing, "judged"), first, second):
        by_item.setdefault(one.place.item, []).append(one)
    examples = []
    for prompt in folder.prompts:
        if not (judged := by_item.get(prompt.item)):
            continue
        scores = [SCORES[one.outcome(first)] for one in judged]
        examples.append(
            {
                "input_text": BETWEEN_TURNS.join(prompt.turns),
                "tags": [tag for tag in (prompt.category, prompt.language) if tag],
                "output_text_a": texts.get((prompt.item, first), ""),
                "output_text_b": texts.get((prompt.item, second), ""),
                "score": sum(scores) / len(scores),
                "individual_rater_scores": [
                    {
                        "score": score,
                        "rating_label": LETTERS[one.outcome(first)],
                        "is_flipped": one.place.right == first,
                        "rationale": one.said.rationale,
                        "custom_fields": {"rater": one.said.rater},
                    }
                    for one, score in zip(judged, scores, strict=True)
                ],
                "rationale_list": [],
                "custom_fields": {"item": prompt.item},
            }
        )
    return {
        "metadata": {
            "source_path": f"campaign {folder.design.get('name', '')}, data {folder.sha256}",
            "custom_fields_schema": [{"name": "item", "type": "string"}],
        },
        "models": [{"name": folder.label(one)} for one in (first, second)],
        "examples": examples,
        "rationale_clusters": [],
    }


def inspect_log(folder: CampaignFolder, standing: Sequence[StandingJudgement]) -> dict[str, Any]:
    """Return the judgements as a log of Inspect AI: a sample each, with its score in the scorer `preference`."""
    prompts = {one.item: one for one in folder.prompts}
    epochs: dict[str, int] = {}
    samples = []
    for one in of_kind(standing, "judged"):
        item = one.place.item
        epochs[item] = epochs.get(item, 0) + 1
        letters = {"left": "A", "right": "B"}
        samples.append(
            {
                "id": item,
                "epoch": epochs[item],
                "input": BETWEEN_TURNS.join(prompts[item].turns),
                "target": "",
                "metadata": {
                    "model_a": folder.label(one.place.left),
                    "model_b": folder.label(one.place.right),
                    "rater": one.said.rater,
                    "category": prompts[item].category,
                    "language": prompts[item].language,
                },
                "scores": {
                    "preference": {
                        "value": letters.get(one.said.verdict, one.said.verdict),
                        "explanation": one.said.rationale or None,
                    }
                },
            }
        )
    name = str(folder.design.get("name", ""))
    return {
        "version": 2,
        "status": "success",
        "eval": {
            "eval_id": folder.sha256[:22],
            "run_id": folder.design_hash[:22],
            "created": folder.closed_at or folder.opened_at or "1970-01-01T00:00:00+00:00",
            "task": name,
            "task_id": folder.sha256[:22],
            "dataset": {
                "name": str(folder.design.get("prompt_set", {}).get("name", "")),
                "samples": len({one.place.item for one in of_kind(standing, "judged")}),
                "sample_ids": [one.item for one in folder.prompts],
            },
            "model": "none/none",
            "config": {"epochs": max(epochs.values(), default=1)},
            "metadata": {"design_hash": folder.design_hash, "data_sha256": folder.sha256},
        },
        "samples": samples,
    }


def every_eval_ever(folder: CampaignFolder, results: Sequence[PairResult], version: str) -> list[dict[str, Any]]:
    """Return a log for each contender: its share of wins against each other one, ties as half a win."""
    return [_eval_log(folder, one, results, version) for one in folder.contenders]


def _eval_log(
    folder: CampaignFolder, contender: ComparedContender, results: Sequence[PairResult], version: str
) -> dict[str, Any]:
    name, time = str(folder.design.get("name", "")), folder.closed_at or folder.opened_at or "unknown"
    shares = [one for one in results if contender.id in (one.first, one.second) and one.share]
    return {
        "schema_version": SCHEMA_OF_EVERY_EVAL,
        "evaluation_id": f"{name}/{contender.id}/{folder.sha256[:12]}",
        "evaluation_timestamp": time,
        "retrieved_timestamp": time,
        "source_metadata": {
            "source_name": str(folder.design.get("title", "")),
            "source_type": "evaluation_run",
            "source_organization_name": "unknown",
            "evaluator_relationship": "other",
            "additional_details": {"design_hash": folder.design_hash, "data_sha256": folder.sha256},
        },
        "eval_library": {"name": "alpaca-arena", "version": version},
        "model_info": {
            "name": contender.label,
            "id": contender.label,
            "additional_details": {"licence": contender.licence, "lineage": contender.lineage},
        },
        "evaluation_results": [_eval_result(folder, contender.id, one) for one in shares],
    }


def _eval_result(folder: CampaignFolder, contender: str, result: PairResult) -> dict[str, Any]:
    assert result.share
    first = contender == result.first
    other = folder.label(result.second if first else result.first)
    prompts = folder.design.get("prompt_set", {})
    share, low, high = result.share.value, result.share.lower, result.share.upper
    if not first:
        share, low, high = 1 - share, None if high is None else 1 - high, None if low is None else 1 - low
    uncertainty: dict[str, Any] = {"num_samples": result.judged}
    if low is not None and high is not None:
        level = 1 - float(folder.design.get("alpha", 0.05))
        method = "percentile bootstrap over prompts"
        bounds = {"lower": low, "upper": high, "confidence_level": level, "method": method}
        uncertainty["confidence_interval"] = bounds
    return {
        "evaluation_name": f"{folder.design.get('name', '')} against {other}",
        "source_data": {
            "dataset_name": str(prompts.get("name", "")),
            "source_type": "other",
            "additional_details": {
                "version": str(prompts.get("version", "")),
                "sha256": str(prompts.get("sha256", "")),
            },
        },
        "metric_config": {
            "evaluation_description": f"Blind human judgements against {other}: share of wins, ties as half a win",
            "metric_id": "win_rate",
            "metric_name": "Win rate",
            "metric_kind": "win_rate",
            "metric_unit": "proportion",
            "lower_is_better": False,
            "score_type": "continuous",
            "min_score": 0.0,
            "max_score": 1.0,
        },
        "score_details": {
            "score": share,
            "details": {
                "won": str(result.wins if first else result.losses),
                "lost": str(result.losses if first else result.wins),
                "tied": str(result.ties),
                "both_bad": str(result.both_bad),
                "undone": str(result.undone),
            },
            "uncertainty": uncertainty,
        },
    }
