"""Instances: the second and third step of Self-Instruct, from instructions to whole examples (Wang et al. 2023, §2.3).

Nothing is fed back here, so each instruction is handled by itself.
"""

from collections.abc import Sequence
from contextlib import aclosing

from generation.asking.asking import Request
from generation.asking.in_order import in_order
from generation.asking.journal import Answer, GivenUp
from generation.asking.stopping import Reason, Stopped
from generation.candidates.filters import reject
from generation.candidates.harvest import Fate
from generation.candidates.parsing import Candidate, parse_instances
from generation.dataset import Example
from generation.instruction_prompts import load_prompt
from generation.recipe import GenerationRecipe
from generation.runs.runs import Run
from generation.runs.self_instruct import bootstrap, filter_profile, messages
from generation.seed_tasks import SeedTask


async def self_instruct(run: Run, seeds: Sequence[SeedTask]) -> None:
    """Gather instructions, then have inputs and outputs written for each.

    Raises:
        Stopped: always; this is how a run ends.
    """
    try:
        await bootstrap(run, seeds)
    except Stopped as stopped:
        instructions = run.harvest.take_instructions()
        if stopped.reason in (Reason.TARGET, Reason.PLATEAU):
            await write_instances(run, instructions)
        raise


async def write_instances(run: Run, instructions: Sequence[Example]) -> None:
    """Commit the worked cases of each instruction."""

    async def work(numbered: tuple[int, Example]) -> list[Candidate]:
        number, task = numbered
        kind = await run.asking.ask(classification_request(run.recipe, task.instruction, number))
        output_first = isinstance(kind, Answer) and kind.text.strip() in ("Yes", "yes", "YES")
        answer = await run.asking.ask(instance_request(run.recipe, task.instruction, number, output_first=output_first))
        return read_instances(answer, task.instruction, output_first=output_first)

    async with aclosing(in_order(enumerate(instructions), work, window=run.window)) as results:
        async for (number, _), candidates in results:
            run.harvest.commit(judge_instances(candidates, f"instance/{number}", run.recipe))
            run.check_point(step="instance")


def classification_request(recipe: GenerationRecipe, instruction: str, number: int) -> Request:
    """Return the question whether an instruction is a classification."""
    assert recipe.classification
    text = load_prompt(recipe.classification.prompt).about(instruction)
    return Request(f"classification/{number}", messages(recipe.teacher, text), recipe.classification.sampling)


def instance_request(recipe: GenerationRecipe, instruction: str, number: int, *, output_first: bool) -> Request:
    """Return the request for the worked cases of an instruction."""
    assert recipe.instances
    table = recipe.instances
    text = load_prompt(table.output_first if output_first else table.input_first).about(instruction)
    return Request(f"instance/{number}", messages(recipe.teacher, text), table.sampling)


def read_instances(answer: Answer | GivenUp, instruction: str, *, output_first: bool) -> list[Candidate]:
    """Return the worked cases in an answer to an `instance_request`."""
    if isinstance(answer, GivenUp):
        return [Candidate(Example(instruction), "given_up")]
    return parse_instances(
        answer.text, finish_reason=answer.finish_reason, instruction=instruction, output_first=output_first
    )


def judge_instances(candidates: Sequence[Candidate], request: str, recipe: GenerationRecipe) -> list[Fate]:
    """Return the fates of one instruction's cases by the published rules, then by the recipe's filters."""
    assert recipe.instances
    kept: set[Example] = set()
    fates = []
    contradictory = _is_contradictory([c.example for c in candidates if not (c.fault or _own_fault(c.example))])
    for position, candidate in enumerate(candidates):
        example = candidate.example
        reason = candidate.fault or _own_fault(example) or ("contradictory" if contradictory else None)
        detail = ""
        if reason is None and example in kept:
            reason = "repeated"
        if reason is None and len(kept) == recipe.instances.keep:
            reason = "surplus"
        if reason is None and (rejection := reject(example, profile=filter_profile(recipe))):
            reason, detail = rejection.reason, rejection.detail
        if reason is None:
            kept.add(example)
        fates.append(Fate(request, position, example, reason, detail))
    return fates


def _own_fault(example: Example) -> str | None:
    if not example.output:
        return "empty_output"
    if example.input == example.output:
        return "same_in_out"
    return "ends_open" if example.input.endswith(":") or example.output.endswith(":") else None


def _is_contradictory(examples: Sequence[Example]) -> bool:
    """Whether the same input has two outputs; then all of the task's cases are in doubt."""
    given = {(example.input, example.output) for example in examples if example.input}
    return len({input_ for input_, _ in given}) < len(given)
