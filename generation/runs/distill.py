"""Distilling: a chosen teacher answers given instructions, and its answers become examples.

The step by which strong models teach weaker ones: the tasks stay as they are, only the answers are new.
"""

from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path

from generation.asking.asking import Request
from generation.asking.in_order import in_order
from generation.asking.journal import Answer, GivenUp
from generation.asking.stopping import Reason, Stopped
from generation.candidates.filters import DEFAULT_PROFILE, reject
from generation.candidates.harvest import Fate
from generation.candidates.parsing import is_cut
from generation.dataset import Example, read_jsonl
from generation.errors import BadInput
from generation.recipe import GenerationRecipe
from generation.runs.runs import Run
from generation.runs.self_instruct import messages

# Filters that judge the answer. The instructions were given, and are not judged.
ANSWER_FAULTS = {"empty_output", "na_output", "disclaimer", "same_in_out"}


def load_instructions(path: Path, *, skip_bad: bool = False) -> list[Example]:
    """Return the tasks of a file in the alpaca format; answers in it are left out.

    Raises:
        BadInput: the file cannot be read, holds nothing or, unless they are skipped, has faulty rows.
    """
    rows = read_jsonl(path, texts=("instruction",), skip_bad=skip_bad)
    if not rows:
        raise BadInput(f"{path} holds no instruction.")
    return [Example(row["instruction"], str(row.get("input") or "")) for row in rows]


async def distill(run: Run, tasks: Sequence[Example]) -> None:
    """Have every task answered.

    Raises:
        Stopped: always; this is how a run ends.
    """

    async def work(numbered: tuple[int, Example]) -> Answer | GivenUp:
        number, task = numbered
        return await run.asking.ask(answer_request(run.recipe, task, number))

    async with aclosing(in_order(enumerate(tasks), work, window=run.window)) as answers:
        async for (number, task), answer in answers:
            run.harvest.commit([judge_answer(answer, task, f"answer/{number}")])
            run.check_stops(step="answer")
    kept = len(run.harvest.kept)
    raise Stopped(Reason.TARGET, f"{kept} of {len(tasks)} instructions have an answer that was kept.")


def answer_request(recipe: GenerationRecipe, task: Example, number: int) -> Request:
    """Return the request for the answer to one task: the instruction, and below it the input where there is one."""
    text = f"{task.instruction}\n\n{task.input}" if task.input else task.instruction
    return Request(f"answer/{number}", messages(recipe.teacher, text), recipe.sampling)


def judge_answer(answer: Answer | GivenUp, task: Example, request: str) -> Fate:
    """Return the fate of a task with its answer."""
    if isinstance(answer, GivenUp):
        return Fate(request, 0, task, "given_up", answer.sentence)
    example = Example(task.instruction, task.input, answer.text.strip())
    if is_cut(answer.finish_reason):
        return Fate(request, 0, example, "truncated", answer.finish_reason)
    rejection = reject(example, profile=DEFAULT_PROFILE)
    if rejection and rejection.reason in ANSWER_FAULTS:
        return Fate(request, 0, example, rejection.reason, rejection.detail)
    return Fate(request, 0, example)
