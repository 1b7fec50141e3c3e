"""A session of a run: open what it needs, ask until a stop, write what came out.

Beginning and resuming are the same: the loop runs from the start, and what the journal has is not asked again.
"""

import asyncio
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from generation.asking.asking import Asking
from generation.asking.budget import Budget
from generation.asking.journal import Journal
from generation.asking.stopping import Reason, Stopped
from generation.backends.registry import open_backend
from generation.errors import BadInput, GenerationError
from generation.recipe import GenerationRecipe
from generation.runs.distill import distill, load_instructions
from generation.runs.estimate import Estimator
from generation.runs.instances import self_instruct
from generation.runs.progress import ProgressView, RunProgress
from generation.runs.results import write_results
from generation.runs.run_folder import RunFolder
from generation.runs.runs import Run
from generation.runs.self_instruct import bootstrap
from generation.seed_tasks import load_seed_tasks
from generation.servers.pacing import Bucket, Pace
from generation.servers.servers import Server


def run_session(folder: RunFolder, environment: Mapping[str, str], view: ProgressView) -> Stopped:
    """Ask until a stop, write the results, and return why it stopped.

    Raises:
        BadInput: a key is missing, or the recipe, its source or its prompts are not those the run began with.
        GenerationError: the folder is in use, or the disk is full.
    """
    servers = open_servers(folder.recipe, environment)
    with opened_journal(folder) as journal:
        return asyncio.run(_session(folder, journal, servers, view))


@contextmanager
def opened_journal(folder: RunFolder) -> Iterator[Journal]:
    """Yield the run's journal with a new session begun in it.

    Raises:
        BadInput: the recipe, its source or its prompts are not those the run began with.
    """
    identity = folder.recipe.identity(folder.source.read_bytes())
    with Journal(folder.journal) as journal:
        if journal.identity not in (None, identity):
            raise BadInput(
                f"{folder.path} was begun with another recipe, other tasks or other prompts than it has now.",
                hint="Restore them, or begin a new run. [endpoint], [stop], [price] and [expect] may change.",
            )
        journal.append("opened", identity=identity)
        yield journal


async def replay(folder: RunFolder, journal: Journal) -> Run:
    """Return the run as far as its journal goes, without asking anything."""
    run = Run(folder.recipe, Asking(journal, (), Budget(folder.recipe.stop, folder.recipe.effective_price())))
    run.asking.stop(Stopped(Reason.REQUESTS, "More answers are due."))
    await to_the_end(run, folder)
    return run


async def _session(folder: RunFolder, journal: Journal, servers: list[Server], view: ProgressView) -> Stopped:
    recipe, loop = folder.recipe, asyncio.get_running_loop()
    started = loop.time()
    deadline = started + 3600 * recipe.stop.max_hours if recipe.stop.max_hours else float("inf")
    estimator = Estimator(recipe, folder.source)

    def progress() -> RunProgress:
        pace = (loop.time() - started) / asking.answered if asking.answered else None
        return RunProgress(run, estimator.estimate(run.harvest, asking.budget, seconds_per_request=pace))

    asking = Asking(
        journal, servers, Budget(recipe.stop, recipe.effective_price(), deadline), notify=lambda: view.update(progress)
    )
    run = Run(recipe, asking)
    try:
        with _interruptible(asking, view):
            await to_the_end(run, folder)
    finally:
        for server in servers:
            await server.backend.aclose()
    assert run.ended
    journal.append("stopped", reason=run.ended.reason, sentence=str(run.ended))
    try:
        write_results(folder, run)
    except OSError as error:
        raise GenerationError(
            f"{run.ended} The results could not be written: {error.strerror}.",
            hint="Make room, then resume: nothing is paid for again.",
        ) from error
    view.show(progress())
    return run.ended


async def to_the_end(run: Run, folder: RunFolder) -> None:
    """Run the recipe's method and note why it ended."""
    try:
        match run.recipe.method:
            case "alpaca":
                await bootstrap(run, load_seed_tasks(folder.source))
            case "self_instruct":
                await self_instruct(run, load_seed_tasks(folder.source))
            case "distill":
                await distill(run, load_instructions(folder.source))
    except Stopped as stopped:
        run.ended = stopped
    except asyncio.CancelledError:
        run.ended = Stopped(Reason.INTERRUPTED, "Stopped without waiting for what was in flight.")


@contextmanager
def _interruptible(asking: Asking, view: ProgressView) -> Iterator[None]:
    """Stop asking at the first Ctrl-C or SIGTERM, and abandon requests in flight at the second."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task

    def interrupt() -> None:
        if asking.is_stopped:
            task.cancel()
            return
        asking.stop(Stopped(Reason.INTERRUPTED, "Interrupted."))
        view.say(f"Waiting for {asking.budget.in_flight} answers that are paid for. Press Ctrl-C again to leave them.")

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupt)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def open_servers(recipe: GenerationRecipe, environment: Mapping[str, str]) -> list[Server]:
    """Return the servers of the recipe's endpoint.

    Raises:
        BadInput: the environment has no key, or an option of the backend is wrong.
    """
    endpoint, key = recipe.endpoint, None
    if endpoint.api_key_env:
        key = environment.get(endpoint.api_key_env)
        if not key:
            raise BadInput(
                f"The environment variable {endpoint.api_key_env} is not set; the endpoint's key is expected there.",
                hint=f"export {endpoint.api_key_env}=…, or name another with --api-key-env.",
            )
    return [
        Server(
            name=url,
            backend=open_backend(endpoint.kind, recipe.backend_options(url), api_key=key),
            concurrency=endpoint.concurrency,
            pace=Pace(Bucket(endpoint.requests_per_minute), Bucket(endpoint.tokens_per_minute)),
            first_rest_s=endpoint.first_rest_s,
        )
        for url in endpoint.urls or (endpoint.kind,)
    ]
