r"""Scripts: which reply a `scripted` backend gives to which prompt, at which pace, and when it fails.

A reply is a Jinja template. It knows `prompt`, `turn` (counted from 1), `previous` (the last reply), `groups` (of the
rule's pattern; 0 is the whole match) and the pattern's named groups by their names. `random` makes the same choice for
the same conversation and seed:

    [[rules]]
    match = '(?i)what is (?P<a>\\d+) times (?P<b>\\d+)'
    reply = ["{{ a|int * b|int }}.", "{{ ['Easy', 'Let me see']|random }}: {{ a|int * b|int }}."]
"""

import random
import re
import sys
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Annotated, Any, Literal

import jinja2
import jinja2.meta
import jinja2.runtime
import jinja2.sandbox

from generation.backends.options import named
from generation.conversation import Message
from generation.declared_tables import Means, TableFault, build
from generation.errors import BackendError, RateLimited, ServerFault
from generation.value_rules import FROM_0, FROM_1, NotNegative, Rule, one_of

ECHO = ("{{ prompt }}",)
KNOWN_NAMES = {"prompt", "turn", "previous", "groups"}


def _kinds(error: type[BackendError]) -> Iterator[type[BackendError]]:
    for kind in error.__subclasses__():
        yield kind
        yield from _kinds(kind)


# Only errors of endpoints. The arena adds errors of its own, such as a withheld reply.
FAILURES = {error.kind: error for error in _kinds(BackendError) if error.__module__ == BackendError.__module__}


def _is_pattern(text: str) -> bool:
    return not _why_no_pattern(text)


def _why_no_pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        return f"is no regular expression: {error}"
    return ""


_PATTERN = Rule("that is a regular expression", _is_pattern, why=_why_no_pattern)


@dataclass(frozen=True, slots=True, kw_only=True)
class MannerOptions:
    """Pace and failures of replies. A rule takes values that it does not set from its script."""

    first_token_s: Annotated[NotNegative | None, Means("until the first word", unit="seconds", example=0.4)] = None
    tokens_per_s: Annotated[NotNegative | None, Means("words a second; 0 gives all at once", example=9)] = None
    fail: Annotated[str | None, one_of(*sorted(FAILURES)), Means("the error to end with", example="stalled")] = None
    fail_after_tokens: Annotated[int | None, FROM_0, Means("words given before it fails", example=3)] = None
    stall_after_tokens: Annotated[int | None, FROM_0, Means("words given before it falls silent", example=3)] = None
    retry_after_s: Annotated[
        NotNegative | None, Means("what a `rate_limited` failure asks for", unit="seconds", example=30)
    ] = None


Replies = Annotated[
    str | tuple[str, ...],
    Rule("a text, or a list of one or more", lambda reply: reply != (), alone=True),
    Means("what it says", example="Good day."),
]
Order = Annotated[
    Literal["cycle", "random"], Means("several replies in turn, or chosen by the conversation", example="random")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleOptions(MannerOptions):
    """Replies to the prompts that match, or to all of one turn."""

    match: Annotated[
        str | None, _PATTERN, Means("a regular expression that is searched in the prompt", example=r"(?i)\bhello\b")
    ] = None
    turn: Annotated[int | None, FROM_1, Means("only in this turn of the conversation", example=1)] = None
    reply: Replies = ECHO
    order: Order = "cycle"

    @classmethod
    def faults_between(cls, table: Mapping[str, Any]) -> Iterator[TableFault]:
        """Yield what is wrong with the rule as a whole."""
        if not table.keys() & {"match", "turn"}:
            yield TableFault("match", "is missing; give `match`, `turn` or both")
        match = table.get("match")
        pattern = match if isinstance(match, str) and _is_pattern(match) else ""
        yield from _faults_of_templates(table, KNOWN_NAMES | re.compile(pattern).groupindex.keys())


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptOptions(MannerOptions):
    """A script: `rules` are tried in order; the script's own reply is for prompts that fit none."""

    reply: Replies = ECHO
    order: Order = "cycle"
    rules: Annotated[tuple[RuleOptions, ...], Means("replies to certain prompts")] = ()

    @classmethod
    def faults_between(cls, table: Mapping[str, Any]) -> Iterator[TableFault]:
        """Yield what is wrong with its own templates."""
        yield from _faults_of_templates(table, KNOWN_NAMES)


@dataclass(frozen=True, slots=True)
class Manner:
    """Pace and failures of one reply, as `MannerOptions` explains them. An empty `fail` means no failure."""

    first_token_s: float = 0.0
    tokens_per_s: float = 0.0
    fail: str = ""
    fail_after_tokens: int = 0
    stall_after_tokens: int | None = None
    retry_after_s: float = 0.0

    def changed_by(self, options: "MannerOptions") -> "Manner":
        """Return this manner with the values that `options` set."""
        given = {field.name: value for field in fields(self) if (value := getattr(options, field.name)) is not None}
        return replace(self, **given)

    def due_s(self, number: int) -> float:
        """Return when the word with this number, counted from 0, is due: seconds after the request."""
        return self.first_token_s + (number / self.tokens_per_s if self.tokens_per_s else 0.0)

    @property
    def words_before_trouble(self) -> int:
        """How many words are given before it fails or falls silent."""
        if self.stall_after_tokens is not None:
            return self.stall_after_tokens
        return self.fail_after_tokens if self.fail else sys.maxsize

    def failure(self) -> BackendError:
        """Return the error that `fail` names."""
        if self.fail == RateLimited.kind:
            return RateLimited("The script asks for patience.", retry_after_s=self.retry_after_s)
        return FAILURES[self.fail]("The script fails here.")


@dataclass(frozen=True, slots=True)
class Line:
    """One reply and the manner in which it is given."""

    text: str
    manner: Manner


@dataclass(frozen=True, slots=True)
class ScriptRule:
    """Replies for the prompts that match `pattern`, on one turn or on all (None)."""

    pattern: re.Pattern[str]
    turn: int | None
    replies: tuple[jinja2.Template, ...]
    in_order: bool
    manner: Manner


class Script:
    """Chooses the line for a conversation: by the first rule that fits, else by the script's own `reply`."""

    def __init__(self, rules: Sequence[ScriptRule]) -> None:
        self._rules = rules
        self._used: Counter[int] = Counter()

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> "Script":
        """Read a script with the options that `ScriptOptions` declares; without a `reply` the prompt is repeated.

        Raises:
            BadInput: an option is wrong; lists every fault.
        """
        settings = build(ScriptOptions, options, name=named("scripted"))
        manner = Manner().changed_by(settings)
        rules = [
            _rule(rule, re.compile(rule.match or ""), rule.turn, manner.changed_by(rule)) for rule in settings.rules
        ]
        return cls([*rules, _rule(settings, re.compile(""), None, manner)])

    def line(self, messages: Sequence[Message], *, seed: int | None) -> Line:
        """Return the reply to a conversation.

        Raises:
            ServerFault: the template cannot be filled in with this prompt.
        """
        prompts = [message.content for message in messages if message.role == "user"]
        replies = [message.content for message in messages if message.role == "assistant"]
        prompt, turn = (prompts or [""])[-1], len(prompts)
        number, rule, match = next(self._fitting(prompt, turn))
        rng = random.Random(repr((seed, [message.content for message in messages])))  # noqa: S311
        used, self._used[number] = self._used[number], self._used[number] + 1
        template = rule.replies[used % len(rule.replies)] if rule.in_order else rng.choice(rule.replies)
        try:
            text = template.render(
                match.groupdict(""),
                prompt=prompt,
                turn=turn,
                previous=(replies or [""])[-1],
                groups=[match[0], *match.groups("")],
                rng=rng,
            )
        except (jinja2.TemplateError, ArithmeticError, ValueError, TypeError, LookupError) as error:
            raise ServerFault(f"The script's reply cannot be filled in: {error}.") from error
        return Line(text, rule.manner)

    def _fitting(self, prompt: str, turn: int) -> Iterator[tuple[int, ScriptRule, re.Match[str]]]:
        for number, rule in enumerate(self._rules):
            if rule.turn in {None, turn} and (match := rule.pattern.search(prompt)):
                yield number, rule, match


def _rule(
    settings: RuleOptions | ScriptOptions, pattern: re.Pattern[str], turn: int | None, manner: Manner
) -> ScriptRule:
    sources = (settings.reply,) if isinstance(settings.reply, str) else settings.reply
    replies = tuple(map(ENVIRONMENT.from_string, sources))
    return ScriptRule(pattern, turn, replies, settings.order == "cycle", manner)


def _faults_of_templates(table: Mapping[str, Any], names: Collection[str]) -> Iterator[TableFault]:
    reply = table.get("reply", ())
    sources = reply if isinstance(reply, list | tuple) else [reply]
    for source in (one for one in sources if isinstance(one, str)):
        try:
            tree = ENVIRONMENT.parse(source)
        except jinja2.TemplateSyntaxError as error:
            yield TableFault("reply", f"line {error.lineno}: {error.message}")
            continue
        if unknown := jinja2.meta.find_undeclared_variables(tree) - {*names} - {*ENVIRONMENT.globals}:
            known = ", ".join(sorted(names))
            yield TableFault("reply", f"does not know {', '.join(sorted(unknown))}; it knows {known}")


@jinja2.pass_context
def _random(context: jinja2.runtime.Context, values: Sequence[Any]) -> Any:
    rng: random.Random = context["rng"]
    return rng.choice(values)


ENVIRONMENT = jinja2.sandbox.ImmutableSandboxedEnvironment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
ENVIRONMENT.filters["random"] = _random
