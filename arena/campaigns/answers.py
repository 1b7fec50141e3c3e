"""Answers: each contender is asked each prompt once, and every request is a row before it is sent.

A run that was killed goes on where it was: turns that were answered are not asked again, and a request that was under
way counts as lost and as paid for, since it may have been billed. Failed requests stay, with their kind and sentence.
"""

import asyncio
import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from arena.campaigns import queries
from arena.campaigns.campaign_file import AnswerRules, campaign_of
from arena.campaigns.campaigns import campaign_row, choose, names_its_writer
from arena.campaigns.prompt_files import Prompt
from arena.campaigns.prompt_sets import stored_prompts
from arena.clock import now
from arena.contenders.costs import Cost, cost_of, worst_case_usd
from arena.contenders.opened import OpenContenders
from arena.db.campaign_tables import AnswerStatus, AnswerTry, CampaignAnswer, CampaignStatus, Entrant, TryStatus
from arena.db.session import Database
from arena.db.tables import Contender
from arena.errors import ArenaError, CampaignNotReady
from generation.backends.completion import completed
from generation.backends.limits import limited
from generation.conversation import Completion, Message
from generation.errors import (
    BackendError,
    ContentFiltered,
    GenerationError,
    QuotaExhausted,
    RateLimited,
    Rejected,
    Unreachable,
)

PAUSE_S = 0.5  # before the second try; doubled before each further one
LONGEST_PAUSE_S = 30.0
# An endpoint bills for none of these.
FREE = (Unreachable, Rejected, RateLimited)


@dataclass(slots=True)
class AnswersProgress:
    """How far the answers are. `stopped` is the sentence that says why no more are asked for; empty at the end."""

    total: int = 0
    answered: int = 0
    failed: int = 0
    usd: float = 0.0
    stopped: str = ""


@dataclass(slots=True)
class _Job:
    """An answer that is to be made, and what is known of it."""

    answer_id: int
    entrant: Entrant
    contender: Contender
    prompt: Prompt
    texts: list[str]
    numbers: dict[int, int] = field(default_factory=dict)  # tries so far, by turn


class AnswerMaking:
    """Makes the answers of one campaign.

    Args:
        database: where they are kept.
        open_contenders: asks.
        folder: holds the lock that keeps a second process from asking the same.
        notify: called after every answer.
    """

    def __init__(
        self,
        database: Database,
        open_contenders: OpenContenders,
        *,
        folder: Path,
        notify: Callable[[AnswersProgress], None] = lambda _progress: None,
    ) -> None:
        self._database = database
        self._open_contenders = open_contenders
        self._folder = folder
        self._notify = notify
        self._changed = asyncio.Event()
        self._in_flight = 0

    async def run(self, name: str, *, again: bool = False) -> AnswersProgress:
        """Make what is missing, and return how far the answers are. `again` also asks what has failed before.

        Raises:
            UnknownCampaign: there is none of this name.
            CampaignNotReady: it is no draft, or another process makes its answers.
        """
        with only_one(self._folder / f"{name}.lock", name):
            jobs, progress, rules = await asyncio.to_thread(self._begin, name, again)
            places = {job.entrant.id: asyncio.Semaphore(rules.concurrency) for job in jobs}

            async def make(job: _Job) -> None:
                async with places[job.entrant.id]:
                    if not progress.stopped:
                        await self._make(job, progress, tries=rules.tries, max_usd=rules.max_usd)

            async with asyncio.TaskGroup() as group:
                for job in jobs:
                    group.create_task(make(job))
            return progress

    def _begin(self, name: str, again: bool) -> tuple[list[_Job], AnswersProgress, AnswerRules]:
        with self._database.writing() as session:
            campaign = campaign_row(session, name, lock=True)
            if campaign.status is not CampaignStatus.DRAFT:
                raise CampaignNotReady(f"`{name}` is {campaign.status}: its answers are frozen.")
            file = campaign_of(campaign.declared)
            queries.lose_tries(session, campaign.id)
            if again:
                queries.ask_again(session, campaign.id)
            rows = queries.answers(session, campaign.id)
            entrants = {entrant.id: entrant for entrant in campaign.entrants}
            contenders = queries.contenders_by_id(
                session, [one.contender_id for one in entrants.values() if one.contender_id]
            )
            items = {prompt.id: prompt.item for prompt in campaign.prompt_set.prompts}
            prompts = {prompt.item: prompt for prompt in choose(stored_prompts(campaign.prompt_set).prompts, file)}
            progress = AnswersProgress(
                total=len(rows),
                answered=sum(row.status is AnswerStatus.ANSWERED for row in rows),
                failed=sum(row.status is AnswerStatus.FAILED for row in rows),
                usd=queries.answers_usd(session, campaign.id),
            )
            jobs = [
                _job(row, entrants[row.entrant_id], contenders, prompts[items[row.prompt_id]])
                for row in rows
                if row.status is AnswerStatus.WAITING
            ]
        return jobs, progress, file.answers

    async def _make(self, job: _Job, progress: AnswersProgress, *, tries: int, max_usd: float | None) -> None:
        """Ask for the turns of an answer that are not there yet, and store how it ended."""
        failure = ""
        while len(job.texts) < len(job.prompt.turns) and not failure:
            outcome = await self._turn(job, progress, tries=tries, max_usd=max_usd)
            if outcome is None:
                return  # stopped: it goes on waiting
            text, failure = outcome
            job.texts += [] if failure else [text]

        def store() -> None:
            with self._database.writing() as session:
                row = session.get_one(CampaignAnswer, job.answer_id)
                row.texts, row.failure = list(job.texts), failure
                row.status = AnswerStatus.FAILED if failure else AnswerStatus.ANSWERED
                row.names_itself = names_its_writer(job.entrant, job.contender, job.texts, job.prompt)
                row.answered_at = now()

        await asyncio.to_thread(store)
        progress.failed += bool(failure)
        progress.answered += not failure
        self._notify(progress)

    async def _turn(
        self, job: _Job, progress: AnswersProgress, *, tries: int, max_usd: float | None
    ) -> tuple[str, str] | None:
        """Return the text of the next turn, or the kind of its last failure; None where asking has stopped."""
        messages = _messages(job)
        for number in range(1, tries + 1):
            usd = worst_case_usd(job.contender, messages)
            if not await self._reserved(usd, progress, max_usd):
                return None
            id_ = await asyncio.to_thread(self._asked, job, usd)
            started = asyncio.get_running_loop().time()
            try:
                completion = await self._ask(job.contender, messages)
            except BackendError as error:
                paid = 0.0 if isinstance(error, FREE) else usd
                await asyncio.to_thread(self._failed, id_, error, paid)
                self._settle(progress, paid - usd)
                if isinstance(error, QuotaExhausted):
                    progress.stopped = progress.stopped or f"{job.entrant.slug}: {error}"
                    return None
                if number == tries or isinstance(error, Rejected | ContentFiltered):
                    return "", error.kind
                await asyncio.sleep(_pause(error, number))
            except (ArenaError, GenerationError) as error:
                await asyncio.to_thread(self._failed, id_, Rejected(str(error)), 0.0)
                self._settle(progress, -usd)
                progress.stopped = progress.stopped or f"{job.entrant.slug} cannot be asked: {error}"
                return None
            else:
                seconds = asyncio.get_running_loop().time() - started
                cost = cost_of(
                    job.contender, usage=completion.usage, prompt=messages, text=completion.text, seconds=seconds
                )
                await asyncio.to_thread(self._answered, id_, completion, cost)
                self._settle(progress, (cost.usd or 0.0) - usd)
                return completion.text, ""
        raise AssertionError("the last try returns")

    async def _reserved(self, usd: float, progress: AnswersProgress, max_usd: float | None) -> bool:
        """Reserve the highest cost of a request, if need be once others have ended; return whether it may be sent."""
        while not progress.stopped:
            if max_usd is None or progress.usd + usd <= max_usd:
                progress.usd += usd
                self._in_flight += 1
                return True
            if not self._in_flight:
                progress.stopped = (
                    f"The next answer could exceed the limit of ${max_usd:.2f}; ${progress.usd:.4f} is spent."
                )
                break
            self._changed.clear()
            await self._changed.wait()
        return False

    def _settle(self, progress: AnswersProgress, difference: float) -> None:
        progress.usd += difference
        self._in_flight -= 1
        self._changed.set()

    async def _ask(self, contender: Contender, messages: Sequence[Message]) -> Completion:
        opened = self._open_contenders.get(contender)
        return await completed(limited(opened.backend.stream(messages, opened.sampling), opened.limits))

    def _asked(self, job: _Job, usd: float) -> int:
        turn = len(job.texts) + 1
        job.numbers[turn] = job.numbers.get(turn, 0) + 1
        with self._database.writing() as session:
            row = AnswerTry(answer_id=job.answer_id, turn=turn, number=job.numbers[turn], usd=usd, asked_at=now())
            session.add(row)
            session.flush()
            return row.id

    def _failed(self, id_: int, error: BackendError, usd: float) -> None:
        with self._database.writing() as session:
            row = session.get_one(AnswerTry, id_)
            row.status, row.failure, row.sentence = TryStatus.FAILED, error.kind, str(error)[:500]
            row.usd, row.ended_at = usd, now()

    def _answered(self, id_: int, completion: Completion, cost: Cost) -> None:
        with self._database.writing() as session:
            row = session.get_one(AnswerTry, id_)
            row.status, row.text, row.finish_reason = TryStatus.ANSWERED, completion.text, completion.finish_reason[:32]
            row.prompt_tokens, row.completion_tokens = cost.tokens.prompt_tokens, cost.tokens.completion_tokens
            row.usd, row.usd_basis, row.ended_at = cost.usd or 0.0, cost.basis, now()


@contextmanager
def only_one(lock: Path, name: str) -> Iterator[None]:
    """Hold a lock that ends with the process, however it ends.

    Raises:
        CampaignNotReady: another process holds it.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CampaignNotReady(
                f"Another process makes the answers of `{name}`.", hint="Wait for it or stop it."
            ) from error
        yield
    finally:
        os.close(file)


def _job(row: CampaignAnswer, entrant: Entrant, contenders: dict[int, Contender], prompt: Prompt) -> _Job:
    answered = {one.turn: one.text for one in row.tries if one.status is TryStatus.ANSWERED}
    texts = [answered[turn] for turn in range(1, len(answered) + 1)]
    numbers = {one.turn: one.number for one in row.tries}  # the last of a turn is its highest
    assert entrant.contender_id is not None, "answers from a file never wait"
    return _Job(row.id, entrant, contenders[entrant.contender_id], prompt, texts, numbers)


def _messages(job: _Job) -> list[Message]:
    """Return what is sent for the next turn: the prompts so far, with the contender's own answers between them."""
    messages = [Message("system", job.contender.system_prompt)] if job.contender.system_prompt else []
    for prompt, text in zip(job.prompt.turns, job.texts, strict=False):
        messages += [Message("user", prompt), Message("assistant", text)]
    return [*messages, Message("user", job.prompt.turns[len(job.texts)])]


def _pause(error: BackendError, number: int) -> float:
    """Return how many seconds to wait before the next try."""
    asked_for = error.retry_after_s if isinstance(error, RateLimited) else None
    return min(asked_for or PAUSE_S * 2 ** (number - 1), LONGEST_PAUSE_S)
