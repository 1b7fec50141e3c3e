"""Moderators: rules on this machine, Llama Guard behind any OpenAI-compatible endpoint, and OpenAI's own endpoint."""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import aiohttp

from arena.errors import BadConfiguration
from arena.moderation.moderation import Moderation, ModerationOutcome, Moderator, Ruling
from arena.settings import Settings
from generation.backends.addresses import base_url
from generation.backends.bodies import read_body
from generation.backends.registry import open_backend
from generation.conversation import Message, Sampling
from generation.errors import NotAStream, ServerFault, TooLong, Truncated, Unreachable

PASSED = Ruling(ModerationOutcome.PASSED)
# The hazards of Llama Guard 3 (the MLCommons taxonomy), by the codes that it answers with.
HAZARDS = {
    "S1": "violent crimes",
    "S2": "non-violent crimes",
    "S3": "sex-related crimes",
    "S4": "child sexual exploitation",
    "S5": "defamation",
    "S6": "specialized advice",
    "S7": "privacy",
    "S8": "intellectual property",
    "S9": "indiscriminate weapons",
    "S10": "hate",
    "S11": "suicide and self-harm",
    "S12": "sexual content",
    "S13": "elections",
    "S14": "code interpreter abuse",
}
MAX_GUARD_TOKENS = 40
# The last characters of an unfinished reply are not judged: "ban" may become "banana", and a number may grow.
SETTLED_CHARS = 16
CONTEXT_CHARS = 40  # what a pattern may look back at, to see that a word begins
GLANCE_BACK_CHARS = 1000  # a longer match is found only when the whole reply is judged
MAX_BYTES = 1_000_000


# Wide letters and digits, dashes and blanks of other forms, each as the plain one that people mean.
_PLAIN = {0xFF01 + place: 0x21 + place for place in range(94)} | dict.fromkeys(map(ord, "‐‑‒–—―−ー"), ord("-"))
_PLAIN |= dict.fromkeys((0xA0, 0x2009, 0x202F, 0x3000), ord(" "))


@dataclass(frozen=True, slots=True)
class ModerationRule:
    """A pattern of one category.

    Attributes:
        category: the reason that a flag by this rule states.
        pattern: a regular expression that ignores case.
        prompts: whether the rule applies to prompts.
        replies: whether the rule applies to replies.
        private: a match is personal data, so the text is never kept.
        checksum: "luhn", "card" (also the issuer) or "rrn" (Korean resident numbers): a match counts only if it holds.
    """

    category: str
    pattern: re.Pattern[str]
    prompts: bool = True
    replies: bool = True
    private: bool = False
    checksum: str = ""

    def fits(self, text: str, *, since: int = 0, unsettled: int = 0) -> bool:
        """Return whether `text` has a match after position `since` and before its last `unsettled` characters."""
        matches, end = self.pattern.finditer(text, since), len(text) - unsettled
        return any(match.end() <= end and CHECKSUMS[self.checksum](match[0]) for match in matches)


class LocalRules:
    """Judges by patterns on this machine, at once and without a request."""

    name = "local"

    def __init__(self, rules: Sequence[ModerationRule]) -> None:
        self._rules = tuple(rules)
        self._for_replies = tuple(rule for rule in rules if rule.replies)

    async def judge(self, prompt: str, reply: str | None) -> Ruling:
        """Return a ruling on the prompt, or on the reply alone if one is given."""
        if reply is None:
            plain = prompt.translate(_PLAIN)
            return self._ruling(rule for rule in self._rules if rule.prompts and rule.fits(plain))
        plain = reply.translate(_PLAIN)
        return self._ruling(rule for rule in self._for_replies if rule.fits(plain))

    def glance(self, reply: str, *, since: int) -> Ruling:
        """Return a ruling on an unfinished reply, without its last characters, which may still change their meaning."""
        begin = max(0, since - GLANCE_BACK_CHARS)
        before = max(0, begin - CONTEXT_CHARS)
        new, since = reply[before:].translate(_PLAIN), begin - before
        return self._ruling(rule for rule in self._for_replies if rule.fits(new, since=since, unsettled=SETTLED_CHARS))

    def _ruling(self, broken: Iterable[ModerationRule]) -> Ruling:
        found = tuple(broken)
        if not found:
            return PASSED
        categories = tuple(dict.fromkeys(rule.category for rule in found))
        return Ruling(ModerationOutcome.FLAGGED, self.name, categories, private=any(rule.private for rule in found))

    async def aclose(self) -> None:
        """Do nothing: there are no connections."""


class LlamaGuard:
    """Asks a Llama Guard. It answers "safe", or "unsafe" and a line with the codes of the categories."""

    name = "llama-guard"

    def __init__(self, url: str, model: str, *, api_key: str | None = None, timeout_s: float) -> None:
        options = {"url": url, "model": model, "timeout_s": timeout_s}
        self._backend = open_backend("openai", options, api_key=api_key)

    async def judge(self, prompt: str, reply: str | None) -> Ruling:
        """Return a ruling on the prompt, or on the reply as an answer to it if one is given.

        Raises:
            BackendError: the guard does not answer, or says neither "safe" nor "unsafe".
        """
        messages = [Message("user", prompt)] + ([] if reply is None else [Message("assistant", reply)])
        sampling = Sampling(max_tokens=MAX_GUARD_TOKENS, temperature=0.0)
        answer = await self._backend.complete(messages, sampling)
        return ruling_of_guard(answer.text, moderator=self.name)

    def glance(self, reply: str, *, since: int) -> Ruling:  # noqa: ARG002
        """Return "passed": only whole replies are judged."""
        return PASSED

    async def aclose(self) -> None:
        """Close all connections."""
        await self._backend.aclose()


def ruling_of_guard(answer: str, *, moderator: str) -> Ruling:
    """Return the ruling that a Llama Guard's answer states.

    Raises:
        NotAStream: the answer is neither "safe" nor "unsafe".
    """
    word, *rest = answer.strip().split("\n", 1)
    match word.strip().casefold():
        case "safe":
            return PASSED
        case "unsafe":
            codes = re.findall(r"S\d+", " ".join(rest).upper())
            categories = tuple(f"{code} {HAZARDS.get(code, '')}".strip() for code in codes)
            return Ruling(ModerationOutcome.FLAGGED, moderator, categories or ("unsafe",))
    raise NotAStream('The guard says neither "safe" nor "unsafe".', hint="Is the model a Llama Guard?")


class OpenAIModeration:
    """Asks an endpoint with the protocol of OpenAI's moderation: `POST …/moderations` with `input`."""

    name = "openai"

    def __init__(self, url: str, model: str, *, api_key: str | None = None) -> None:
        self._address = f"{base_url(url)}/moderations"
        self._model = model
        self._headers = {"authorization": f"Bearer {api_key}"} if api_key else {}
        self._client: aiohttp.ClientSession | None = None

    async def judge(self, prompt: str, reply: str | None) -> Ruling:
        """Return a ruling on the prompt, or on the reply alone if one is given.

        Raises:
            BackendError: the endpoint does not answer, or its answer is no result of moderation.
        """
        if self._client is None:
            self._client = aiohttp.ClientSession(headers=self._headers)
        body = {"model": self._model, "input": prompt if reply is None else reply}
        try:
            async with self._client.post(self._address, json=body, allow_redirects=False) as answer:
                if answer.status != 200:
                    raise ServerFault(f"The moderation endpoint answered {answer.status}.")
                results = await read_body(answer.content.iter_any(), max_bytes=MAX_BYTES)
        except aiohttp.ClientPayloadError:
            raise Truncated("The moderation endpoint's answer was cut off.") from None
        except aiohttp.ClientError as error:
            raise Unreachable(f"The moderation endpoint cannot be reached: {type(error).__name__}.") from None
        if not results.is_complete:
            raise TooLong(f"The moderation endpoint's answer is longer than {MAX_BYTES} bytes.")
        return _ruling_of_results(results.content, moderator=self.name)

    def glance(self, reply: str, *, since: int) -> Ruling:  # noqa: ARG002
        """Return "passed": only whole replies are judged."""
        return PASSED

    async def aclose(self) -> None:
        """Close all connections."""
        if self._client:
            await self._client.close()


def _ruling_of_results(body: bytes, *, moderator: str) -> Ruling:
    try:
        (result,) = json.loads(body)["results"]
        flagged, categories = result["flagged"], result["categories"]
        named = tuple(name for name, found in categories.items() if found)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise NotAStream("The moderation endpoint sent no results of moderation.") from None
    return Ruling(ModerationOutcome.FLAGGED, moderator, named or ("flagged",)) if flagged else PASSED


def read_rules(path: Path | None = None) -> tuple[ModerationRule, ...]:
    """Return the rules that come with the arena and those in the file at `path`.

    Raises:
        BadConfiguration: the file cannot be read or has faults; names each.
    """
    shipped = tomllib.loads((files("arena.moderation") / "rules.toml").read_text("utf-8"))
    if path is None:
        return _rules(shipped, "moderation_rules.toml")
    try:
        own = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BadConfiguration(f"{path} cannot be read: {error}.") from error
    return (*_rules(shipped, "moderation_rules.toml"), *_rules(own, str(path)))


def _rules(document: Mapping[str, Any], name: str) -> tuple[ModerationRule, ...]:
    tables = document.get("rule", [])
    faults: list[str] = []
    rules = []
    for number, table in enumerate(tables, start=1):
        try:
            pattern = re.compile(table["pattern"], re.IGNORECASE)
            rule = ModerationRule(**{**table, "pattern": pattern})
            CHECKSUMS[rule.checksum]
            rules.append(rule)
        except (re.error, KeyError, TypeError) as error:
            faults.append(f"[[rule]] {number}: {error}")
    if faults or not tables:
        raise BadConfiguration(f"{name} holds no rules that can be used:", faults, hint="Each is a table [[rule]].")
    return tuple(rules)


def _luhn(text: str) -> bool:
    """Return whether the check digit is that of a payment card number (ISO/IEC 7812-1, annex B)."""
    digits = [int(digit) for digit in reversed(text) if digit.isdecimal()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _card(text: str) -> bool:
    """Return whether a number may be that of a payment card: its issuer, its length for this issuer, its check digit.

    One in ten numbers has a right check digit; few begin as cards do (ISO/IEC 7812; 9 is for cards within Korea).
    """
    digits = "".join(digit for digit in text if digit.isdecimal())
    return bool(_CARDS.fullmatch(digits)) and _luhn(digits)


def _resident_number(text: str) -> bool:
    """Return whether 13 digits may be a Korean resident registration number: a day of birth, and the check digit.

    Numbers given out since October 2020 have no check digit; for those a hyphen or a blank must stand in the middle.
    """
    digits = [int(digit) for digit in text if digit.isdecimal()]
    if len(digits) != 13:
        return False
    century = 2000 if digits[6] in (3, 4, 7, 8) else 1900
    year, month, day = (10 * digits[place] + digits[place + 1] for place in (0, 2, 4))
    try:
        born = date(century + year, month, day)
    except ValueError:
        return False
    weighed = sum(digit * weight for digit, weight in zip(digits, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5), strict=False))
    if (11 - weighed % 11) % 10 == digits[12]:
        return True
    return date(2020, 10, 1) <= born <= date.today() and not text.isdecimal()  # noqa: DTZ011 - a day in Korea or here


_CARDS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|3(?:0[0-5]|[68]\d)\d{11}|35(?:2[89]|[3-8]\d)\d{12}|6(?:011|4[4-9]\d|5\d\d)\d{12}|62\d{14,17}|9\d{15}"
)
CHECKSUMS = {"": lambda _: True, "luhn": _luhn, "card": _card, "rrn": _resident_number}


def open_moderation(settings: Settings, environment: Mapping[str, str]) -> Moderation:
    """Return the moderation that the settings ask for. The local rules always go first.

    Raises:
        BadConfiguration: a setting cannot be used.
        BadInput: the address cannot be used.
    """
    if settings.moderation_away not in {"refuse", "allow"}:
        raise BadConfiguration("ARENA_MODERATION_AWAY must be `refuse` or `allow`.")
    moderators: tuple[Moderator, ...] = (
        () if settings.moderation == "off" else (LocalRules(read_rules(settings.moderation_rules)),)
    )
    if settings.moderation not in {"off", "local"}:
        moderators += (_classifier(settings, environment),)
    return Moderation(moderators, when_away=settings.moderation_away, timeout_s=settings.moderation_timeout_s)


def _classifier(settings: Settings, environment: Mapping[str, str]) -> Moderator:
    kind, url, model = settings.moderation, settings.moderation_url, settings.moderation_model
    if kind not in {"llama-guard", "openai"}:
        raise BadConfiguration(
            f"There is no moderation called `{kind}`.",
            hint="Set ARENA_MODERATION to local, llama-guard, openai or off.",
        )
    if not url or not model:
        raise BadConfiguration(f"Moderation by `{kind}` needs ARENA_MODERATION_URL and ARENA_MODERATION_MODEL.")
    key = environment.get(settings.moderation_key_env, "").strip() or None
    if settings.moderation_key_env and key is None:
        raise BadConfiguration(
            f"The environment has no {settings.moderation_key_env}, which should hold the API key of moderation.",
            hint=f"export {settings.moderation_key_env}=…",
        )
    if kind == "openai":
        return OpenAIModeration(url, model, api_key=key)
    return LlamaGuard(url, model, api_key=key, timeout_s=settings.moderation_timeout_s)
