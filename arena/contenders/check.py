"""The check of a contender: a few tiny requests show whether voters would get an answer, how soon, and what is odd.

A contender with a fault may not enter battles. A warning only informs its maintainer.
"""

import asyncio
import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

from arena.contenders.costs import DEFAULT_MAX_TOKENS, price_note
from arena.contenders.endpoint import Endpoint
from arena.contenders.endpoint_models import models_of
from arena.contenders.findings import EndpointFacts
from arena.contenders.lineage import Known, known, terms_of
from arena.contenders.opened import OpenContenders
from arena.contenders.probes import (
    KOREAN,
    MAX_TOKENS,
    MEMORY,
    SIGNED,
    WHO,
    ProbeAnswer,
    Probes,
    follows_system_prompt,
)
from arena.contenders.register import Contenders
from arena.db.tables import Contender
from arena.errors import ArenaError, ContenderUnfit
from generation.backends.learned import Learned
from generation.conversation import Usage
from generation.errors import EmptyReply, FirstTokenTimeout, GenerationError, NotRecorded, TotalTimeout, Unreachable

log = logging.getLogger(__name__)

MAX_FAULT_CHARS = 300
MAX_IDENTITY_CHARS = 200
AT_ONCE = 16  # checks at the same time; a hundred contenders may share one server
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
class CheckReport:
    """How a contender answered.

    Attributes:
        slug: the contender's.
        reachable: the endpoint answered, even if with an error.
        first_token_s: seconds until the first text, or None where none came.
        total_s: seconds until the end, or None where it never came.
        num_pieces: number of pieces of the text; 1 means that the endpoint does not stream.
        finish_reason: "stop", or "length" where the first reply was cut off.
        usage: tokens, where the endpoint counts them.
        fault: what is wrong; empty where the contender is fit for battles.
        hint: how to correct it.
        findings: all parts of the check, in `PARTS`' order.
        learned: what its backend may be opened with from now on; None where it did not answer.
        facts: what a maintainer may want to know of the endpoint; None where it did not answer.
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
    learned: Learned | None = None
    facts: EndpointFacts | None = None

    @property
    def passed(self) -> bool:
        """Whether the contender is fit for battles."""
        return not self.fault

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> "CheckReport":
        """Read a report that was stored as `asdict` gives it."""
        parts = (Finding(one["name"], PartResult(one["verdict"]), one["detail"]) for one in table["findings"])
        usage, learned, facts = table.get("usage"), table.get("learned"), table.get("facts")
        return cls(
            **{
                **table,
                "findings": tuple(parts),
                "usage": Usage(**usage) if usage else None,
                "learned": Learned.of(learned) if learned else None,
                "facts": EndpointFacts.of(facts) if facts else None,
            }
        )


PARTS = (
    *("reachable", "key", "model", "replies", "streams", "ends", "usage", "thinking", "stops"),
    *("memory", "system", "korean", "template", "context", "price", "licence"),
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
        probes = Probes(contender, open_contenders)
    except (ArenaError, GenerationError) as error:
        part = "key" if isinstance(error, ArenaError) else "reachable"
        return _failed(CheckReport(contender.slug, reachable=False), error, part, on_paper)
    try:
        return await _probed(contender, open_contenders, probes, on_paper)
    finally:
        await probes.aclose()


async def _probed(
    contender: Contender, open_contenders: OpenContenders, probes: Probes, on_paper: Sequence[Finding]
) -> CheckReport:
    try:
        ready = await probes.first()
    except GenerationError as error:
        answered = not isinstance(error, Unreachable | FirstTokenTimeout | TotalTimeout)
        met = CheckReport(
            contender.slug,
            reachable=answered or probes.num_pieces > 0,
            first_token_s=probes.first_token_s,
            num_pieces=probes.num_pieces,
        )
        part = "replies" if met.reachable or isinstance(error, EmptyReply) else "reachable"
        return _failed(met, error, part, on_paper)
    (seen, context), memory, korean, who = await asyncio.gather(
        _listed(contender, open_contenders), probes.ask(MEMORY), probes.ask(KOREAN), probes.ask(WHO, system=SIGNED)
    )
    learned = probes.conclude()
    heard = [answer for answer in (ready, memory, korean, who) if isinstance(answer, ProbeAnswer)]
    facts = _facts(contender, ready, heard, who, context=context)
    findings = [
        *_of_replies(ready, memory, korean, heard),
        *_of_endpoint(contender, learned, facts),
        *seen,
        *on_paper,
        _key(contender),
    ]
    return _with_findings(
        CheckReport(
            contender.slug,
            reachable=True,
            first_token_s=ready.first_token_s,
            total_s=ready.total_s,
            num_pieces=ready.num_pieces,
            finish_reason=ready.end.finish_reason,
            usage=ready.end.usage,
            learned=learned,
            facts=facts,
        ),
        findings,
    )


async def answers(contender: Contender, open_contenders: OpenContenders) -> bool:
    """Return whether `contender` answers one tiny request. Never raises."""
    try:
        return await Probes(contender, open_contenders, as_known=True).lives()
    except (ArenaError, GenerationError) as error:
        log.info("a contender does not answer yet contender=%s: %s", contender.slug, error)
        return False
    except Exception:
        log.exception("a contender failed unexpectedly contender=%s", contender.slug)
        return False


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
        contenders.note_check(
            done.slug,
            passed=done.passed,
            findings=[asdict(part) for part in done.findings],
            learned=done.learned,
            facts=done.facts,
        )
        if not done.passed:
            log.warning("a contender failed its check contender=%s: %s %s", done.slug, done.fault, done.hint)
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


def _of_replies(
    ready: ProbeAnswer,
    memory: ProbeAnswer | GenerationError,
    korean: ProbeAnswer | GenerationError,
    heard: Sequence[ProbeAnswer],
) -> list[Finding]:
    marks = sorted({match[0] for answer in heard for match in TEMPLATE.finditer(answer.text)})
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


def _of_endpoint(contender: Contender, learned: Learned, facts: EndpointFacts) -> list[Finding]:
    """Return what is odd in the way in which the endpoint answers."""
    refused = " (it refuses `stream_options`)" if not learned.dialect.asks_usage else ""
    in_question = learned.dialect.system == "user"
    ignored = facts.system_prompt == "ignored" and contender.system_prompt
    return [
        _warn(
            "ends",
            not learned.done_is_end,
            "it never says why a reply ends, so one that was cut off cannot be told from a whole one",
        ),
        _warn("usage", facts.counts_tokens, f"it counts no tokens{refused}, so they are estimated from the text"),
        Finding("thinking", PartResult.OK if learned.thinks else PartResult.SKIPPED),
        Finding("system", PartResult.SKIPPED)
        if not facts.system_prompt
        else _warn(
            "system",
            not (ignored or in_question),
            "it takes no system prompt, so that stands before the first question"
            if in_question
            else "it does not do what its system prompt says",
        ),
    ]


def _facts(
    contender: Contender,
    ready: ProbeAnswer,
    heard: Sequence[ProbeAnswer],
    who: ProbeAnswer | GenerationError,
    *,
    context: int | None,
) -> EndpointFacts:
    usage = ready.end.usage
    # Tokens of thinking are counted too, and were written before the first text.
    written_s = ready.total_s - (0.0 if ready.end.thinking else ready.first_token_s)
    signed = who if isinstance(who, ProbeAnswer) else None
    followed = "" if signed is None else ("followed" if follows_system_prompt(signed) else "ignored")
    return EndpointFacts(
        endings=sorted({answer.end.said for answer in heard if answer.end.said}),
        counts_tokens=usage is not None,
        context_size=context,
        system_prompt=followed,
        identity=" ".join(signed.text.split())[:MAX_IDENTITY_CHARS] if signed else "",
        first_token_s=ready.first_token_s,
        tokens_per_s=usage.completion_tokens / written_s if usage and written_s > 0.05 else None,
        price=price_note(contender),
    )


def _of_probe(name: str, heard: ProbeAnswer | GenerationError, wanted: re.Pattern[str], complaint: str) -> Finding:
    if isinstance(heard, NotRecorded):
        return Finding(name, PartResult.SKIPPED)
    if isinstance(heard, GenerationError):
        return Finding(name, PartResult.WARNING, str(heard))
    return _warn(name, bool(wanted.search(heard.text)), complaint)


async def _listed(contender: Contender, open_contenders: OpenContenders) -> tuple[list[Finding], int | None]:
    """Compare model and context size with the lists of the endpoint's servers, if any; all servers must agree.

    Returns what is odd, and the context in tokens that the endpoint states.
    """
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
    return findings, longest


def _key(contender: Contender) -> Finding:
    return Finding("key", PartResult.OK if contender.key_file or contender.api_key_env else PartResult.SKIPPED)


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
