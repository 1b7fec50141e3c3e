"""The check of a contender: a few tiny requests show whether voters would get an answer, how soon, and what is odd.

A contender with a fault may not enter battles. A warning only informs its maintainer.
"""

import asyncio
import logging
import re
import time
from collections.abc import Iterable, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum

from arena.contenders.costs import DEFAULT_MAX_TOKENS, price_note
from arena.contenders.endpoint import Endpoint
from arena.contenders.endpoint_models import models_of
from arena.contenders.lineage import Known, known, terms_of
from arena.contenders.opened import OpenContender, OpenContenders
from arena.contenders.register import Contenders
from arena.db.tables import Contender
from arena.errors import ArenaError, ContenderUnfit
from generation.backends.limits import limited
from generation.backends.recorded import RecordedBackend
from generation.conversation import End, Message, Piece, Usage
from generation.errors import EmptyReply, FirstTokenTimeout, GenerationError, NotRecorded, TotalTimeout, Unreachable

log = logging.getLogger(__name__)

MAX_TOKENS = 48
MAX_FAULT_CHARS = 300
AT_ONCE = 16  # checks at the same time; a hundred contenders may share one server
READY = (Message("user", "Reply with one short sentence: are you ready?"),)
MEMORY = (
    Message("user", "My name is Hana. Reply with OK."),
    Message("assistant", "OK."),
    Message("user", "What is my name? Reply with the name only."),
)
KOREAN = (Message("user", "한국어로 한 문장만 대답해 주세요: 맑은 날의 하늘은 무슨 색인가요?"),)
# Traces of a wrong prompt format in replies: tokens of templates, and names of speakers.
TEMPLATE = re.compile(
    r"###\s*(Instruction|Response|Input)|<\|[\w-]+\|>|\[/?INST\]|<</?SYS>>|</?s>|^(USER|ASSISTANT|Human|Assistant):",
    re.MULTILINE,
)
HANGUL = re.compile("[가-힣]")


class PartResult(StrEnum):
    """The result of one part of a check."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"
    SKIPPED = "-"


@dataclass(frozen=True, slots=True)
class Finding:
    """One part of a check. `detail` describes what is odd, and is empty if nothing is."""

    name: str
    verdict: PartResult
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """One answer of a contender."""

    text: str
    first_token_s: float
    total_s: float
    num_pieces: int
    end: End


@dataclass(frozen=True, slots=True)
class CheckReport:
    """How a contender answered.

    Attributes:
        slug: the contender's.
        reachable: the endpoint answered, even if with an error.
        first_token_s: seconds until the first text, or None where none came.
        total_s: seconds until the end, or None where it never came.
        num_pieces: number of pieces of the text; 1 means that the endpoint does not stream.
        finish_reason: the endpoint's word for the end.
        usage: tokens, where the endpoint counts them.
        fault: what is wrong; empty where the contender is fit for battles.
        hint: how to correct it.
        findings: all parts of the check, in `PARTS`' order.
    """

    slug: str
    reachable: bool
    first_token_s: float | None = None
    total_s: float | None = None
    num_pieces: int = 0
    finish_reason: str = ""
    usage: Usage | None = None
    fault: str = ""
    hint: str = ""
    findings: tuple[Finding, ...] = field(default=())

    @property
    def passed(self) -> bool:
        """Whether the contender is fit for battles."""
        return not self.fault


PARTS = (
    *("reachable", "key", "model", "replies", "streams", "stops", "memory", "korean", "template"),
    *("context", "price", "licence"),
)


async def check(
    contender: Contender, open_contenders: OpenContenders, *, contenders: Known | None = None, public: bool = False
) -> CheckReport:
    """Send `contender` a few tiny requests and return a report. A failure is a result, never an exception.

    This includes bugs: one contender's code or files must not end the check of others. `contenders` are those that its
    lineage may refer to; on a `public` arena their licences matter too.
    """
    try:
        return await _checked(contender, open_contenders, contenders or {}, public=public)
    except Exception as error:
        log.exception("the check of a contender failed unexpectedly contender=%s", contender.slug)
        return _failed(CheckReport(contender.slug, reachable=False), _unexpected(error), "replies", ())


async def _checked(
    contender: Contender, open_contenders: OpenContenders, contenders: Known, *, public: bool
) -> CheckReport:
    on_paper = [_price(contender), _licence(contender, contenders, public=public)]
    try:
        opened = open_contenders.get(contender)
    except (ArenaError, GenerationError) as error:
        part = "key" if isinstance(error, ArenaError) else "reachable"
        return _failed(CheckReport(contender.slug, reachable=False), error, part, on_paper)
    progress = _Progress()
    try:
        ready = await progress.hear(opened, _first_question(opened))
    except GenerationError as error:
        answered = not isinstance(error, Unreachable | FirstTokenTimeout | TotalTimeout)
        met = CheckReport(
            contender.slug,
            reachable=answered or progress.num_pieces > 0,
            first_token_s=progress.first_token_s,
            num_pieces=progress.num_pieces,
        )
        part = "replies" if met.reachable or isinstance(error, EmptyReply) else "reachable"
        return _failed(met, error, part, on_paper)
    seen, *others = await asyncio.gather(
        _listed(contender, open_contenders), _asked(opened, MEMORY), _asked(opened, KOREAN)
    )
    findings = [*_of_replies(ready, *others), *seen, *on_paper, _key(contender)]
    return _with_findings(
        CheckReport(
            contender.slug,
            reachable=True,
            first_token_s=ready.first_token_s,
            total_s=ready.total_s,
            num_pieces=ready.num_pieces,
            finish_reason=ready.end.finish_reason,
            usage=ready.end.usage,
        ),
        findings,
    )


async def answers(contender: Contender, open_contenders: OpenContenders) -> bool:
    """Return whether `contender` answers one tiny request. Never raises."""
    try:
        opened = open_contenders.get(contender)
        await _Progress().hear(opened, _first_question(opened))
    except (ArenaError, GenerationError):
        return False
    except Exception:
        log.exception("a contender failed unexpectedly contender=%s", contender.slug)
        return False
    return True


async def check_all(
    chosen: Sequence[Contender],
    open_contenders: OpenContenders,
    *,
    contenders: Known | None = None,
    public: bool = False,
) -> tuple[CheckReport, ...]:
    """Check several contenders at the same time; return the reports in their order."""
    places = asyncio.Semaphore(AT_ONCE)

    async def check_one(contender: Contender) -> CheckReport:
        async with places:
            return await check(contender, open_contenders, contenders=contenders, public=public)

    return tuple(await asyncio.gather(*map(check_one, chosen)))


async def check_and_note(
    contenders: Contenders, chosen: Sequence[Contender], open_contenders: OpenContenders
) -> tuple[CheckReport, ...]:
    """Check `chosen`, store the result with each, and return all reports."""
    everyone = known(contenders.list())
    checks = await check_all(chosen, open_contenders, contenders=everyone, public=contenders.public)
    for done in checks:
        contenders.note_check(done.slug, passed=done.passed, findings=[asdict(part) for part in done.findings])
    return checks


async def activate_checked(
    contenders: Contenders, candidates: Sequence[Contender], open_contenders: OpenContenders
) -> tuple[CheckReport, ...]:
    """Check `candidates`, activate those that pass, and return all reports.

    Raises:
        WrongStatus: one of them is retired.
    """
    checks = await check_and_note(contenders, candidates, open_contenders)
    for done in checks:
        if done.passed:
            contenders.activate(done.slug, f"checked: first token after {done.first_token_s:.2f} s")
    return checks


class _Progress:
    """Measures an answer while it comes; the figures stay known if it ends in an error."""

    def __init__(self) -> None:
        self.num_pieces = 0
        self.first_token_s: float | None = None

    async def hear(self, opened: OpenContender, messages: Sequence[Message]) -> Heard:
        system = [Message("system", opened.system_prompt)] if opened.system_prompt else []
        sampling = replace(opened.sampling, max_tokens=min(MAX_TOKENS, opened.sampling.max_tokens))
        started, text, end = time.monotonic(), "", None
        answer = opened.backend.stream([*system, *messages], sampling)
        async with aclosing(limited(answer, opened.limits)) as events:
            async for event in events:
                if isinstance(event, Piece):
                    if self.first_token_s is None:
                        self.first_token_s = time.monotonic() - started
                    self.num_pieces += 1
                    text += event.text
                else:
                    end = event
        assert end is not None, "a stream ends with its end or an error"
        return Heard(text, self.first_token_s or 0.0, time.monotonic() - started, self.num_pieces, end)


async def _asked(opened: OpenContender, messages: Sequence[Message]) -> Heard | GenerationError:
    try:
        return await _Progress().hear(opened, messages)
    except GenerationError as error:
        return error


def _failed(
    met: CheckReport, error: ArenaError | GenerationError, part: str, on_paper: Iterable[Finding]
) -> CheckReport:
    good = [Finding("reachable", PartResult.OK)] if part == "replies" and met.reachable else []
    found = _with_findings(met, [*good, Finding(part, PartResult.FAULT, str(error)), *on_paper])
    return replace(found, fault=str(error), hint=error.hint or "")


def _unexpected(error: Exception) -> ContenderUnfit:
    return ContenderUnfit(
        f"Asking it failed unexpectedly: {type(error).__name__}: {error}"[:MAX_FAULT_CHARS],
        hint="This is a fault of the arena, not of yours; the log has its traceback.",
    )


def _with_findings(met: CheckReport, findings: Sequence[Finding]) -> CheckReport:
    by_name = {finding.name: finding for finding in findings}
    in_order = tuple(by_name.get(name, Finding(name, PartResult.SKIPPED)) for name in PARTS)
    return replace(
        met, findings=in_order, fault=next((f.detail for f in in_order if f.verdict is PartResult.FAULT), "")
    )


def _of_replies(ready: Heard, memory: Heard | GenerationError, korean: Heard | GenerationError) -> list[Finding]:
    texts = [heard.text for heard in (ready, memory, korean) if isinstance(heard, Heard)]
    marks = sorted({match[0] for text in texts for match in TEMPLATE.finditer(text)})
    return [
        Finding("reachable", PartResult.OK),
        Finding("replies", PartResult.OK),
        _warn("streams", ready.num_pieces > 1, "the reply came in one piece"),
        _warn(
            "stops", ready.end.finish_reason != "length", f"it went on for {MAX_TOKENS} tokens after a short question"
        ),
        _of_probe(
            "memory", memory, re.compile("hana|하나", re.IGNORECASE), "it did not know a name told one turn before"
        ),
        _of_probe("korean", korean, HANGUL, "it answered a Korean question without Korean letters"),
        Finding("template", PartResult.FAULT, f"marks of a prompt format in its replies: {' '.join(marks)}")
        if marks
        else Finding("template", PartResult.OK),
    ]


def _of_probe(name: str, heard: Heard | GenerationError, wanted: re.Pattern[str], complaint: str) -> Finding:
    if isinstance(heard, NotRecorded):
        return Finding(name, PartResult.SKIPPED)
    if isinstance(heard, GenerationError):
        return Finding(name, PartResult.WARNING, str(heard))
    return _warn(name, bool(wanted.search(heard.text)), complaint)


def _first_question(opened: OpenContender) -> Sequence[Message]:
    """Return the first question: a fixed one, or for a recording, which knows only its own prompts, one of these."""
    return opened.backend.example if isinstance(opened.backend, RecordedBackend) else READY


async def _listed(contender: Contender, open_contenders: OpenContenders) -> list[Finding]:
    """Compare model and context size with the lists of the endpoint's servers, if any; all servers must agree."""
    endpoint = Endpoint.of(contender)
    lists = await models_of(endpoint, open_contenders.environment, reach=open_contenders.reach)
    models = [next((one for one in found if one.name == endpoint.model), None) for found in lists.values()]
    longest = min((model.context_size for model in models if model and model.context_size), default=None)
    without = [address for address, model in zip(lists, models, strict=True) if model is None]
    complaint = (
        f"not listed by {', '.join(without)}" if endpoint.has_several_servers else "the endpoint does not list it"
    )
    findings = [_warn("model", not without, complaint)] if any(lists.values()) else []
    size, reply = contender.context_size or longest, contender.sampling.get("max_tokens", DEFAULT_MAX_TOKENS)
    if longest and contender.context_size and contender.context_size > longest:
        findings.append(Finding("context", PartResult.FAULT, f"the endpoint serves {longest} tokens of context"))
    elif size:
        findings.append(_warn("context", reply < size, f"a reply of {reply} tokens leaves no room in {size}"))
    return findings


def _key(contender: Contender) -> Finding:
    return Finding("key", PartResult.OK if Endpoint.of(contender).key_variable else PartResult.SKIPPED)


def _price(contender: Contender) -> Finding:
    if contender.backend == "scripted":
        return Finding("price", PartResult.SKIPPED)
    return _warn("price", bool(price_note(contender)), "no price is known")


def _licence(contender: Contender, contenders: Known, *, public: bool) -> Finding:
    terms = terms_of(contender, contenders)
    if public and terms.research_only and not contender.research_only_acknowledged:
        return Finding(
            "licence", PartResult.FAULT, f"research only ({terms.because}), not acknowledged, and this arena is public"
        )
    complaints = [f"conflicting claims on {conflict}" for conflict in terms.conflicts]
    if terms.use is None:
        complaints.append("no licence that is known")
    return _warn("licence", not complaints, ", ".join(complaints))


def _warn(name: str, fine: bool, complaint: str) -> Finding:
    return Finding(name, PartResult.OK) if fine else Finding(name, PartResult.WARNING, complaint)
