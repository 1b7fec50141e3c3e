"""Every sentence that is shown stands in the catalogue, so that a second language is one more file."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from arena.audit_log.acts import Act
from arena.board.method import CHANGES
from arena.board.rows import COLUMNS
from arena.contenders.facts import SIZES
from arena.db.moderation_tables import DeskDecision
from arena.db.states import SIDES, ContenderStatus, Held
from arena.exchange.past_battles import OUTCOMES
from arena.leaks.channels import CHANNELS
from arena.moderation.desk import ANSWER, PROMPT, REFUSED_PROMPT
from arena.settings import Settings
from arena.voters.quotas import LimitedAct, quotas_of
from arena.votes.answer_style import FEATURES
from arena.votes.labels import MODES
from arena.votes.prompt_labels import CATEGORIES, LANGUAGES
from arena.web.board.depth import WAYS
from arena.web.board.plots import PLOTS
from arena.web.board.query import ALLOWED, PERIODS
from arena.web.rendering import PAGES
from arena.web.texts import FOLDER, catalogue
from arena.web.texts.catalogue import Catalogue, faults, placeholders
from leaderboard import Status, Verdict
from leaderboard.notes import NoteKind
from leaderboard.style import Unidentified

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "arena/web/templates").glob("*.html"))
SCRIPTS = sorted((ROOT / "arena/web/static").glob("*.js"))
SPEAKERS = [*sorted((ROOT / "arena/web").rglob("*.py")), ROOT / "arena/commands/leaderboard.py"]
# What programs and not people read: a gate's refusals, the schema of the JSON.
FOR_PROGRAMS = ("arena/web/events.py", "arena/web/security.py", "arena/web/board/schema.py", "arena/commands/")
# And what a translator reads; and the names of what Markdown has.
FOR_PROGRAMS += ("arena/web/proxies.py", "arena/web/texts/catalogue.py", "arena/web/battle/markdown.py")
LETTERS = re.compile(r"[^\W\d_]{2,}")
SHOWN_ATTRIBUTES = r"(?:title|placeholder|aria-label|alt)"
Use = tuple[str, str, set[str]]  # where, the key or how it begins, the values given


# What is shown comes from the catalogue


def visible(template: str) -> str:
    """What a template shows of itself: no comments, no tags, no commands that somebody may type."""
    text = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", template, flags=re.DOTALL)
    shown = re.findall(rf'{SHOWN_ATTRIBUTES}="([^"]*)"', text)
    text = re.sub(r"<(pre|code)>.*?</\1>|<!doctype[^>]*>|<[^>]*>", " ", text, flags=re.DOTALL)
    text = re.sub(r"\$\{value\.\w+\}", "", text)  # the stage's parts
    return " ".join([text, *shown])


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_shows_no_words_of_its_own(path: Path):
    assert not LETTERS.findall(visible(path.read_text()))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_expression_of_a_template_holds_a_sentence(path: Path):
    tree = Environment(autoescape=True).parse(path.read_text())
    texts = [node.value for node in tree.find_all(nodes.Const) if isinstance(node.value, str)]
    assert not [text for text in texts if is_prose(re.sub("<[^>]*>|%[-+#.0-9a-zA-Z]+", "", text))]


def is_prose(text: str) -> bool:
    """Whether a text reads as a sentence or a phrase, or as a word that begins one."""
    if re.fullmatch(r"[A-Z][a-z]+", text):
        return True
    words = re.findall(r"(?<![\w./&?=:{-])[A-Za-z’']{2,}(?![\w/=(:{-])", text)
    return len(words) > 1 and " " in text


@pytest.mark.parametrize("path", SPEAKERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_page_holds_a_sentence(path: Path):
    """Apart from docstrings, what is logged or raised to a programmer, and help of commands."""
    place = path.relative_to(ROOT).as_posix()
    if place.startswith(FOR_PROGRAMS):
        return
    tree = ast.parse(path.read_text())
    left_out = {id(node) for quiet in ast.walk(tree) if is_quiet(quiet) for node in ast.walk(quiet)}
    found = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in left_out
    ]
    assert not [text for text in found if is_prose(text) and not is_code(text)]


def is_quiet(node: ast.AST) -> bool:
    """Whether what stands under a node is read by programmers only."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True  # a docstring
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        return name in {"error", "info", "warning", "filterwarnings", "ValueError", "TypeError", "KeyError"}
    return False


def is_code(text: str) -> bool:
    """Whether a text is JavaScript, CSS or a policy, a font, or a place in the interface of a library."""
    return bool(re.search(r"[{}<>\[\]|;]|=>|'self'|'none'|^Basic |^public", text)) or text in {
        *("Segoe UI", "Helvetica Neue", "Noto Sans", "SF Mono", "Cascadia Mono", "Liberation Mono", "Roboto"),
        *("Arial", "Menlo", "Consolas", "Secure", "top center", "middle right"),
    }


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_says_nothing_by_itself(path: Path):
    code = re.sub(r"/\*.*?\*/|//[^\n]*", "", path.read_text(), flags=re.DOTALL)
    texts = [next(filter(None, found), "") for found in re.findall(r'"([^"\n]*)"|\'([^\'\n]*)\'|`([^`]*)`', code)]
    assert not [text for text in texts if re.match(r"[A-Z][a-z]+ [a-z]+|[A-Z][a-z]+…", text)]


def test_every_sentence_of_a_script_is_one_of_the_catalogue():
    said = {key for path in SCRIPTS for key in re.findall(r"\bwords\.(\w+)", path.read_text())}
    assert said == set(catalogue().keys("scripts"))


# What is asked for is there


@cache
def uses() -> tuple[Use, ...]:
    return (
        *(use for path in SPEAKERS for use in in_python(path)),
        *(use for path in TEMPLATES for use in in_template(path)),
    )


def in_python(path: Path) -> Iterator[Use]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "say" and node.args:
            values = {keyword.arg for keyword in node.keywords if keyword.arg}
            if any(keyword.arg is None for keyword in node.keywords):
                continue  # a note, whose values are its figures
            for key in keys_of(node.args[0]):
                yield path.name, key, values


def keys_of(node: ast.expr) -> list[str]:
    """The keys that an expression may have; one that is put together ends with an asterisk."""
    if isinstance(node, ast.Constant):
        return [node.value]
    if isinstance(node, ast.IfExp):
        return [*keys_of(node.body), *keys_of(node.orelse)]
    if isinstance(node, ast.JoinedStr):
        return ["".join(part.value if isinstance(part, ast.Constant) else "*" for part in node.values)]
    return []


def in_template(path: Path) -> Iterator[Use]:
    for call in Environment(autoescape=True).parse(path.read_text()).find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "say":
            for key in keys_of_jinja(call.args[0]):
                yield path.name, key, {keyword.key for keyword in call.kwargs}


def keys_of_jinja(node: nodes.Node) -> list[str]:
    match node:
        case nodes.Const():
            return [node.value]
        case nodes.CondExpr():
            return [*keys_of_jinja(node.expr1), *(keys_of_jinja(node.expr2) if node.expr2 else [])]
        case nodes.Concat():
            return ["".join(part.value if isinstance(part, nodes.Const) else "*" for part in node.nodes)]
    return []


def meant(key: str) -> list[str]:
    """The sentences that a key may mean."""
    pattern = re.compile(re.escape(key).replace(r"\*", ".+"))
    return [known for known in catalogue().sentences if pattern.fullmatch(known)]


def test_many_uses_are_found():
    assert len(uses()) > 300


def test_every_key_that_is_asked_for_is_in_the_catalogue():
    assert not [(where, key) for where, key, _ in uses() if not meant(key)]


def test_every_sentence_gets_the_values_that_it_wants():
    wrong = [
        (where, key, sorted(values))
        for where, key, values in uses()
        if "*" not in key and key in catalogue().sentences and placeholders(catalogue().sentences[key]) - values
    ]
    assert not wrong


def test_no_value_is_given_that_no_sentence_wants():
    wrong = [
        (where, key, sorted(values))
        for where, key, values in uses()
        if values - set().union(*(placeholders(catalogue().sentences[one]) for one in meant(key)))
    ]
    assert not wrong


def test_every_sentence_is_used():
    sections = {
        "status_meanings",
        "statuses",
        "contender_statuses",
        "categories",
        "languages",
        "modes",
        "periods",
    }
    sections |= {
        "acts",
        "leak_channels",
        "desk_subjects",
        "desk_decisions",
        "sizes",
        "features",
        "failures",
        "scripts",
        "notes",
        "method_changes",
        "verdicts",
        "dates",
        "unidentified",
        "held",
        "quotas",
    }
    # A key that begins with an asterisk may mean any sentence, and shows nothing.
    asked = {known for _, key, _ in uses() if not key.startswith("*") for known in meant(key)}
    assert not [key for key in catalogue().sentences if key not in asked and key.split(".")[0] not in sections]


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ("statuses", {*(status.value for status in Status), "none"}),
        ("status_meanings", {status.value for status in Status}),
        ("contender_statuses", {status.value for status in ContenderStatus}),
        ("categories", CATEGORIES),
        ("languages", LANGUAGES),
        ("modes", MODES),
        ("periods", PERIODS),
        ("sizes", SIZES),
        ("features", FEATURES),
        ("leak_channels", CHANNELS),
        ("desk_subjects", {PROMPT, ANSWER, REFUSED_PROMPT}),
        ("desk_decisions", {decision.value for decision in DeskDecision}),
        ("acts", {act.value for act in Act}),
        ("unidentified", {reason.value for reason in Unidentified}),
        ("held", {held.value for held in Held}),
        ("quotas", {quota.name for act in LimitedAct for quota in quotas_of(Settings(), act)}),
        ("filters", {*ALLOWED, "family", "licence"}),
        ("plots", PLOTS),
        ("pages", {*PAGES.values(), "label"}),
        ("verdicts", {*(verdict.value for verdict in Verdict), "won"}),
    ],
)
def test_every_value_of_the_data_has_a_word(section: str, words: set[str]):
    assert set(catalogue().keys(section)) == set(words)


def test_every_column_note_outcome_side_and_version_of_the_method_has_its_words():
    keys = set(catalogue().sentences)
    assert {f"columns.{column.key}.{part}" for column in COLUMNS for part in ("heading", "about")} <= keys
    assert {f"ways.{way}.{part}" for way in WAYS for part in ("heading", "about")} <= keys
    assert {f"notes.{kind.value}" for kind in NoteKind} <= keys
    assert {f"archive.outcome_{outcome}" for outcome in OUTCOMES} <= keys
    assert {f"stage.name_{side}" for side in SIDES} <= keys
    assert all(catalogue().keys(f"method_changes.{change.version}") for change in CHANGES)


# Languages


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_every_language_has_every_sentence(path: Path):
    assert faults(Catalogue.read(path), catalogue()) == []
