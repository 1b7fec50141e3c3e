"""Self-Instruct: show a teacher some tasks, ask for more, keep what is new and sound, and begin again.

Stanford Alpaca (Taori et al. 2023) gets whole examples from one call and shows seed tasks only. Self-Instruct (Wang et
al. 2023) gets instructions, shows some of its own, and has inputs and outputs written later
(`generation.runs.instances`).

A prompt depends on its number and on what earlier answers brought, never on when an answer came: so the harvest depends
on the answers alone, and a run is resumed by running it again with a journal that has some of them.
"""

import random
from collections.abc import Sequence
from contextlib import aclosing
from itertools import count

from generation.asking.asking import Request, Structured
from generation.asking.in_order import in_order
from generation.asking.journal import Answer, GivenUp
from generation.candidates.filters import FilterProfile, reject
from generation.candidates.harvest import Fate
from generation.candidates.near_duplicates import NearDuplicates
from generation.candidates.parsing import Candidate, parse_json, parse_list, parse_tasks
from generation.conversation import Message
from generation.dataset import Example
from generation.instruction_prompts import TASKS_SCHEMA, load_prompt
from generation.recipe import Filters, GenerationRecipe, Teacher
from generation.runs.runs import Run
from generation.seed_tasks import SeedTask


async def bootstrap(run: Run, seeds: Sequence[SeedTask]) -> None:
    """Gather examples (instructions only for Self-Instruct), one call for many, until a stop is reached.

    Raises:
        Stopped: always; this is how a run ends.
    """
    pool = pool_of(seeds, run.recipe.filters)
    requests = (task_request(run.recipe, seeds, run.harvest.kept, number) for number in count())
    async with aclosing(in_order(requests, run.asking.ask, window=run.window, enough=run.enough)) as answers:
        async for request, answer in answers:
            candidates = enumerate(read_tasks(answer, run.recipe))
            run.harvest.commit([judge(one, request.id, at, pool=pool, recipe=run.recipe) for at, one in candidates])
            run.check_stops(step="task")


# Requests


def task_request(recipe: GenerationRecipe, seeds: Sequence[SeedTask], kept: Sequence[Example], number: int) -> Request:
    """Return request `number` for new tasks, with examples drawn from the seeds and from what was kept."""
    assert recipe.prompt
    prompt = load_prompt(recipe.prompt.name)
    shown = draw_examples(recipe, seeds, kept, number)
    examples = list(shown.values())
    structured = None
    if recipe.method == "self_instruct":
        text = prompt.listed([example.instruction for example in examples])
    else:
        text = prompt.numbered(examples, tasks=recipe.prompt.tasks)
        if recipe.prompt.structured and recipe.teacher.protocol == "chat":
            as_json = prompt.as_json(examples, tasks=recipe.prompt.tasks)
            structured = Structured(messages(recipe.teacher, as_json), TASKS_SCHEMA)
    return Request(f"task/{number}", messages(recipe.teacher, text), recipe.sampling, structured, tuple(shown))


def draw_examples(
    recipe: GenerationRecipe, seeds: Sequence[SeedTask], kept: Sequence[Example], number: int
) -> dict[str, Example]:
    """Return the examples that request `number` shows, by name: some of the run's own, if there are any."""
    assert recipe.prompt
    rng = random.Random(f"{recipe.seed}/{number}")  # noqa: S311 - a draw, not a secret
    machine = rng.sample(range(len(kept)), min(recipe.prompt.machine_examples, len(kept)))
    human = rng.sample(seeds, recipe.prompt.examples - len(machine))
    drawn = [(f"machine/{index}", kept[index]) for index in machine]
    drawn += [(seed.id, Example(seed.instruction, seed.instances[0].input, seed.instances[0].output)) for seed in human]
    rng.shuffle(drawn)
    return dict(drawn)


def messages(teacher: Teacher, text: str) -> tuple[Message, ...]:
    """Return the conversation that puts `text` to the teacher."""
    system = (Message("system", teacher.system),) if teacher.system else ()
    return (*system, Message("user", text))


# Answers


def pool_of(seeds: Sequence[SeedTask], filters: Filters) -> NearDuplicates:
    """Return the pool at the beginning of a run: the seeds' instructions."""
    pool = NearDuplicates(filters.profile, filters.threshold)
    for seed in seeds:
        pool.add(seed.instruction)
    return pool


def filter_profile(recipe: GenerationRecipe) -> FilterProfile:
    """Return the filters that judge this recipe's candidates."""
    assert recipe.prompt
    if recipe.filters.profile == "alpaca":
        return FilterProfile("alpaca")
    return FilterProfile("default", language=load_prompt(recipe.prompt.name).language)


def read_tasks(answer: Answer | GivenUp, recipe: GenerationRecipe) -> list[Candidate]:
    """Return the candidates of an answer to a `task_request`."""
    assert recipe.prompt
    if isinstance(answer, GivenUp):
        return [Candidate(Example(answer.sentence), "given_up")]
    if recipe.method == "self_instruct":
        return parse_list(answer.text, finish_reason=answer.finish_reason)
    if answer.structured:
        return parse_json(answer.text, finish_reason=answer.finish_reason)
    return parse_tasks(
        answer.text,
        finish_reason=answer.finish_reason,
        prompt=load_prompt(recipe.prompt.name),
        shown=recipe.prompt.examples,
        strict=recipe.filters.profile == "alpaca",
    )


def judge(candidate: Candidate, request: str, position: int, *, pool: NearDuplicates, recipe: GenerationRecipe) -> Fate:
    """Return a candidate's fate; what is accepted joins the pool."""
    example = candidate.example
    if candidate.fault:
        return Fate(request, position, example, candidate.fault)
    rejection = reject(example, profile=filter_profile(recipe))
    # In Self-Instruct, candidates have no output in this step.
    if rejection and not (recipe.method == "self_instruct" and rejection.reason == "empty_output"):
        return Fate(request, position, example, rejection.reason, rejection.detail)
    offer = pool.offer(example.instruction)
    nearest = pool.texts[offer.nearest.index] if offer.nearest else None
    score = offer.nearest.score if offer.nearest else None
    return Fate(request, position, example, None if offer.accepted else "near_duplicate", "", nearest, score)
