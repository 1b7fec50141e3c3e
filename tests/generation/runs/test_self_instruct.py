"""The loop, against a real server: what is kept, and that it depends on the answers alone."""

import json
from collections import Counter
from pathlib import Path

from generation.asking.journal import events
from generation.asking.stopping import Reason
from generation.runs.run_folder import RunFolder
from tests.endpoints.openai_server import FakeEndpoint
from tests.generation.conftest import MakeRecipe, rows, run_here


def test_a_run_reaches_its_target_in_the_published_format(tmp_path: Path, recipe_for: MakeRecipe):
    folder = RunFolder.create(tmp_path / "run", recipe_for())
    assert run_here(folder).reason is Reason.TARGET
    kept = json.loads((folder.path / "alpaca.json").read_text())
    assert len(kept) >= 60
    assert all(row["instruction"] and row["output"] and set(row) == {"instruction", "input", "output"} for row in kept)
    manifest = json.loads((folder.path / "manifest.json").read_text())
    assert manifest["rows"] == len(kept)
    assert manifest["prompt_version"] == "alpaca_v1"
    assert [artefact["licence"] for artefact in manifest["artefacts"]] == ["Apache-2.0", "unknown"]


def test_prompts_of_the_alpaca_recipe_show_three_seed_tasks_and_nothing_else(
    tmp_path: Path, recipe_for: MakeRecipe, fake_endpoint: FakeEndpoint
):
    folder = RunFolder.create(tmp_path / "run", recipe_for())
    run_here(folder)
    shown = [event["shown"] for event in events(folder.journal) if event["event"] == "asked"]
    seeds = {row["id"] for row in rows(folder.source)}
    assert all(len(names) == 3 and set(names) <= seeds for names in shown)
    body = fake_endpoint.calls[0].body
    assert body["messages"][0]["content"].endswith("\n###\n4. Instruction:")
    assert (body["temperature"], body["top_p"], body["max_tokens"]) == (1.0, 1.0, 3072)
    assert body["stop"] == ["\n20", "20."]
    assert body["logit_bias"] == {"50256": -100}


def test_machine_output_is_fed_back_in_the_share_asked_for(tmp_path: Path, recipe_for: MakeRecipe):
    prompt = {"examples": 8, "machine_examples": 2, "window": 4}
    folder = RunFolder.create(tmp_path / "run", recipe_for(prompt=prompt, stop={"target": 80}))
    run_here(folder)
    shown = [event["shown"] for event in events(folder.journal) if event["event"] == "asked"]
    machine = [sum(name.startswith("machine/") for name in names) for names in shown]
    assert machine[:4] == [0, 0, 0, 0]
    assert set(machine[4:]) == {2}
    assert all(len(names) == 8 for names in shown)


def test_the_harvest_depends_on_the_answers_alone(tmp_path: Path, recipe_for: MakeRecipe):
    prompt = {"examples": 3, "machine_examples": 2, "tasks": 8, "window": 8}
    harvests = []
    for name, concurrency, model in (("slow", 1, "teacher"), ("fast", 8, "teacher:late=0.03,faults=0.1")):
        recipe = recipe_for(model=model, prompt=prompt, endpoint={"concurrency": concurrency}, stop={"target": 90})
        folder = RunFolder.create(tmp_path / name, recipe)
        run_here(folder)
        harvests.append((folder.path / "examples.jsonl").read_bytes() + (folder.path / "rejected.jsonl").read_bytes())
    assert harvests[0] == harvests[1]


def test_another_seed_gives_other_prompts(tmp_path: Path, recipe_for: MakeRecipe, fake_endpoint: FakeEndpoint):
    for seed in (1, 2):
        run_here(RunFolder.create(tmp_path / str(seed), recipe_for(seed=seed, stop={"target": 5})))
    prompts = [call.body["messages"][0]["content"] for call in fake_endpoint.calls]
    assert len(set(prompts)) == len(prompts)


def test_of_a_cut_answer_the_item_at_its_end_is_not_kept(tmp_path: Path, recipe_for: MakeRecipe):
    folder = RunFolder.create(tmp_path / "run", recipe_for(model="teacher:cut=1"))
    run_here(folder)
    last = {}
    for row in rows(folder.path / "examples.jsonl") + rows(folder.path / "rejected.jsonl"):
        if row["position"] >= last.get(row["request"], row)["position"]:
            last[row["request"]] = row
    assert {row.get("reason") for row in last.values()} == {"truncated"}
    assert rows(folder.path / "examples.jsonl")


def test_structured_output_is_asked_for_and_read(tmp_path: Path, recipe_for: MakeRecipe, fake_endpoint: FakeEndpoint):
    folder = RunFolder.create(tmp_path / "run", recipe_for(prompt={"structured": True}))
    assert run_here(folder).reason is Reason.TARGET
    assert all("response_format" in call.body for call in fake_endpoint.calls)
    assert {event["structured"] for event in events(folder.journal) if event["event"] == "answered"} == {True}


def test_an_endpoint_that_refuses_schemas_gets_numbered_text(
    tmp_path: Path, recipe_for: MakeRecipe, fake_endpoint: FakeEndpoint
):
    recipe = recipe_for(model="teacher:schema=0", prompt={"structured": True})
    folder = RunFolder.create(tmp_path / "run", recipe)
    assert run_here(folder).reason is Reason.TARGET
    structured = ["response_format" in call.body for call in fake_endpoint.calls]
    assert structured[0]
    assert not structured[-1]
    assert sum(structured) <= folder.recipe.endpoint.concurrency


def test_a_base_model_goes_on_with_the_bare_prompt(tmp_path: Path, recipe_for: MakeRecipe, fake_endpoint: FakeEndpoint):
    folder = RunFolder.create(tmp_path / "run", recipe_for(teacher={"protocol": "continuation"}))
    assert run_here(folder).reason is Reason.TARGET
    call = fake_endpoint.calls[0]
    assert call.path == "/v1/completions"
    assert call.body["prompt"].endswith("\n###\n4. Instruction:")


def test_self_instruct_writes_instances_for_every_instruction(
    tmp_path: Path, recipe_for: MakeRecipe, fake_endpoint: FakeEndpoint
):
    folder = RunFolder.create(tmp_path / "run", recipe_for("self_instruct", stop={"target": 20}))
    assert run_here(folder).reason is Reason.TARGET
    steps = Counter(event["request"].partition("/")[0] for event in events(folder.journal) if event["event"] == "asked")
    assert steps["classification"] == steps["instance"] >= 20
    kept = rows(folder.path / "examples.jsonl")
    assert {row["request"].partition("/")[0] for row in kept} == {"instance"}
    assert all(row["instruction"] and row["input"] and row["output"] for row in kept)
    classifications = [row for row in kept if row["instruction"].startswith("Classify")]
    assert {row["output"] for row in classifications} == {"first", "second"}
    first = fake_endpoint.calls[0].body
    assert first["stop"] == ["\n\n", "\n16", "16.", "16 ."]
    assert (first["temperature"], first["top_p"], first["presence_penalty"]) == (0.7, 0.5, 2.0)
    assert first["messages"][0]["content"].endswith("\n9.")


def test_self_instruct_works_with_filters_that_read_whole_examples(tmp_path: Path, recipe_for: MakeRecipe):
    recipe = recipe_for("self_instruct", filters={"profile": "unicode", "threshold": None}, stop={"target": 10})
    folder = RunFolder.create(tmp_path / "run", recipe)
    assert run_here(folder).reason is Reason.TARGET
    assert "empty_output" not in {row["reason"] for row in rows(folder.path / "rejected.jsonl")}


def test_korean_instructions_are_asked_for_in_korean_and_kept(
    tmp_path: Path, recipe_for: MakeRecipe, fake_endpoint: FakeEndpoint
):
    folder = RunFolder.create(tmp_path / "run", recipe_for("ko", model="teacher-ko", stop={"target": 10}))
    assert run_here(folder).reason is Reason.TARGET
    assert "한국어" in fake_endpoint.calls[0].body["messages"][0]["content"]
    kept = (folder.path / "alpaca.json").read_text(encoding="utf-8")
    assert "아름다운 곳입니다" in kept, "Korean is written as it is, not as escapes"
