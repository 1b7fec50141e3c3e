r"""Scripts: what a `scripted` backend says to which prompt, and how.

A reply is a Jinja template. It knows `prompt`, `turn` (counted from 1), `previous` (the last reply), `groups` (of the
rule's pattern; 0 is the whole match) and the pattern's named groups by their names. `random` chooses the same for the
same conversation and seed:

    [[rules]]
    match = '(?i)what is (?P<a>\\d+) times (?P<b>\\d+)'
    reply = ["{{ a|int * b|int }}.", "{{ ['Easy', 'Let me see']|random }}: {{ a|int * b|int }}."]
"""

import random
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jinja2
import jinja2.meta
import jinja2.runtime
import jinja2.sandbox

from generation.backends.options import Options
from generation.conversation import Message
from generation.errors import BackendError, RateLimited, ServerFault

ECHO = ("{{ prompt }}",)
KNOWN_NAMES = {"prompt", "turn", "previous", "groups"}


@dataclass(frozen=True, slots=True)
class Manner:
    """How a reply is given.

    Attributes:
        first_token_s: seconds until the first word.
        tokens_per_s: words a second; 0 gives them all at once.
        fail: kind of the error to end with, or "".
        fail_after_tokens: words given before that.
        stall_after_tokens: words given before falling silent for good; None for not at all.
        retry_after_s: what a `rate_limited` failure asks for.
    """

    first_token_s: float = 0.0
    tokens_per_s: float = 0.0
    fail: str = ""
    fail_after_tokens: int = 0
    stall_after_tokens: int | None = None
    retry_after_s: float = 0.0

    @classmethod
    def read(cls, reader: Options, default: "Manner") -> "Manner":
        """Read the options of a manner; what is absent is as in `default`."""
        after, stall = reader.count("fail_after_tokens"), reader.count("stall_after_tokens")
        return cls(
            first_token_s=reader.number("first_token_s", default.first_token_s),
            tokens_per_s=reader.number("tokens_per_s", default.tokens_per_s),
            fail=reader.choice("fail", sorted(FAILURES), default.fail),
            fail_after_tokens=default.fail_after_tokens if after is None else after,
            stall_after_tokens=default.stall_after_tokens if stall is None else stall,
            retry_after_s=reader.number("retry_after_s", default.retry_after_s),
        )

    def due_s(self, number: int) -> float:
        """Return when the word with this number, counted from 0, is due: seconds after the request."""
        return self.first_token_s + (number / self.tokens_per_s if self.tokens_per_s else 0.0)

    @property
    def words_before_trouble(self) -> int:
        """How many words are given at most."""
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
    """One reply as it is to be given."""

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
        """Read a script.

        `reply` is a text or a list of texts, given in turn or, with `order = "random"`, chosen by the conversation;
        without it the prompt is repeated. `rules` is a list of tables with `match` (a regular expression searched in
        the prompt) or `turn` or both, a `reply` and an `order` of its own. Each may also hold the fields of `Manner`;
        a rule takes those it lacks from the script.

        Raises:
            BadInput: an option is wrong; lists every fault.
        """
        reader = Options(options)
        manner = Manner.read(reader, Manner())
        rules = [
            _rule(Options(table, place=f"rules[{number}].", faults=reader.faults), manner)
            for number, table in enumerate(reader.tables("rules"), start=1)
        ]
        rules.append(_rule_for(re.compile(""), None, reader, manner))
        reader.check("scripted")
        return cls(rules)

    def line(self, messages: Sequence[Message], *, seed: int | None) -> Line:
        """Return what to say now.

        Raises:
            ServerFault: the template cannot be filled in with this prompt.
        """
        prompts = [message.content for message in messages if message.role == "user"]
        replies = [message.content for message in messages if message.role == "assistant"]
        prompt, turn = (prompts or [""])[-1], len(prompts)
        number, rule, match = next(self._fitting(prompt, turn))
        dice = random.Random(repr((seed, [message.content for message in messages])))  # noqa: S311
        used, self._used[number] = self._used[number], self._used[number] + 1
        template = rule.replies[used % len(rule.replies)] if rule.in_order else dice.choice(rule.replies)
        try:
            text = template.render(
                match.groupdict(""),
                prompt=prompt,
                turn=turn,
                previous=(replies or [""])[-1],
                groups=[match[0], *match.groups("")],
                dice=dice,
            )
        except (jinja2.TemplateError, ArithmeticError, ValueError, TypeError, LookupError) as error:
            raise ServerFault(f"The script's reply cannot be filled in: {error}.") from error
        return Line(text, rule.manner)

    def _fitting(self, prompt: str, turn: int) -> Iterator[tuple[int, ScriptRule, re.Match[str]]]:
        for number, rule in enumerate(self._rules):
            if rule.turn in {None, turn} and (match := rule.pattern.search(prompt)):
                yield number, rule, match


def _kinds(error: type[BackendError]) -> Iterator[type[BackendError]]:
    for kind in error.__subclasses__():
        yield kind
        yield from _kinds(kind)


# Those of endpoints: what the arena adds, such as a withheld reply, is not an endpoint's to fail with.
FAILURES = {error.kind: error for error in _kinds(BackendError) if error.__module__ == BackendError.__module__}


def _rule(reader: Options, manner: Manner) -> ScriptRule:
    turn = reader.count("turn")
    source = reader.text("match") if turn is None or reader.has("match") else ""
    try:
        pattern = re.compile(source)
    except re.error as error:
        reader.fault("match", f"is no regular expression: {error}")
        pattern = re.compile("")
    rule = _rule_for(pattern, turn, reader, Manner.read(reader, manner))
    reader.finish()
    return rule


def _rule_for(pattern: re.Pattern[str], turn: int | None, reader: Options, manner: Manner) -> ScriptRule:
    sources = reader.texts("reply", ECHO)
    if not sources:
        reader.fault("reply", "must hold a text")
    templates = [_template(reader, source, KNOWN_NAMES | pattern.groupindex.keys()) for source in sources]
    in_order = reader.choice("order", ("cycle", "random"), "cycle") == "cycle"
    return ScriptRule(pattern, turn, tuple(templates), in_order, manner)


def _template(reader: Options, source: str, names: set[str]) -> jinja2.Template:
    try:
        unknown = jinja2.meta.find_undeclared_variables(ENVIRONMENT.parse(source)) - names - {*ENVIRONMENT.globals}
        if unknown:
            reader.fault("reply", f"does not know {', '.join(sorted(unknown))}; it knows {', '.join(sorted(names))}")
        return ENVIRONMENT.from_string(source)
    except jinja2.TemplateSyntaxError as error:
        reader.fault("reply", f"line {error.lineno}: {error.message}")
        return ENVIRONMENT.from_string("")


@jinja2.pass_context
def _random(context: jinja2.runtime.Context, values: Sequence[Any]) -> Any:
    dice: random.Random = context["dice"]
    return dice.choice(values)


ENVIRONMENT = jinja2.sandbox.ImmutableSandboxedEnvironment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
ENVIRONMENT.filters["random"] = _random
