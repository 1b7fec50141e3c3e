"""Tests mirror the packages: whoever changes a module finds its tests, and sees which modules have none."""

import ast
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("arena", "generation", "leaderboard", "training")
# A module with more lines of code than this has a test file of its own.
LONG = 25
# Test files that tell a story over several modules, and what holds it together.
STORIES = {
    "arena/battles/test_battle_faults.py": "every fault of an endpoint, from the address to the void battle",
    "arena/battles/test_battle_states.py": "what holds of a battle whatever voters, restarts and failures do",
    "arena/battles/test_chaos.py": "many battles with faults of all kinds, from the draw to the votes and the money",
    "arena/battles/test_draining.py": "a server is taken out while it answers, from the contenders file to the battle",
    "arena/contenders/test_scripted_contenders.py": "the scripts that come with the product, through their backend",
    "generation/backends/test_families.py": "every vendor's stream as its documentation prints it, through our backend",
    "generation/backends/test_transformers_serve.py": "our `openai` backend against somebody else's server",
    "generation/runs/test_resumption.py": "a run that is killed fifty times, from the command to the data set",
    "generation/test_our_seed_tasks.py": "the seed tasks that we wrote: counts, novelty, and answers that are right",
    "arena/leaks/test_timing_of_streams.py": "what the pace of real streams tells, from a battle to the figure",
    "arena/web/battle/test_lost_acknowledgement.py": "a vote counts once, from the click to the death of the server",
    "arena/web/test_another_language.py": "every page in a language whose every sentence can be told from others",
    "arena/web/test_in_chromium.py": "what only a browser can show: what it loads, what covers what, how it comes back",
    "leaderboard/test_edge_cases.py": "votes that have no plain rating, from tallies to the note that a reader gets",
    "leaderboard/test_goldens.py": "figures of statsmodels and choix, for all fits at once",
    "leaderboard/test_package.py": "what the package's `__init__` offers",
    "leaderboard/suspicion/test_attacks.py": "attacks of benchmarks/attacks.py against all detectors at once",
    "leaderboard/test_properties.py": "what holds for the ranking of any votes at all",
    "training/test_trl.py": "TRL's own trainer as an oracle for whole runs",
}
# Long modules without a test file of their own, and where their behaviour is tested.
ELSEWHERE = {
    "arena/audit_log/queries.py": "test_log.py and test_verification.py read what they return",
    "arena/db/finding_tables.py": "tables; whoever reads and writes them",
    "arena/campaigns/report/page.py": "report/test_making.py reads the whole report",
    "arena/campaigns/report/plots.py": "report/test_making.py reads the whole report",
    "arena/campaigns/report/tables.py": "report/test_making.py reads the whole report",
    "arena/campaigns/report/words.py": "report/test_making.py reads the whole report",
    "arena/commands/campaign_report.py": "arena/campaigns/report/test_making.py writes and replays with it",
    "arena/leaks/queries.py": "test_meter.py reads what they return",
    "arena/battles/views.py": "plain values; test_record.py tests what they show and when",
    "arena/board/queries.py": "test_observations.py and test_snapshots.py read what they return",
    "arena/db/consent_tables.py": "plain columns; the tests in arena/voters read and erase their rows",
    "arena/campaigns/queries.py": "every test of arena/campaigns reads what they return",
    "arena/exchange/queries.py": "test_exports.py and test_past_battles.py read what they return",
    "arena/voters/queries.py": "every test of arena/voters reads what they return, or what they changed",
    "arena/db/release_tables.py": "plain columns; the tests in arena/releases read their rows",
    "arena/db/suspicion_tables.py": "declarations; test_migrate.py compares them, test_suspects.py uses them",
    "arena/releases/queries.py": "test_release.py and test_approval.py read what they return",
    "arena/releases/release_board.py": "test_verification.py computes boards by it",
    "arena/releases/release_files.py": "test_release.py and test_verification.py read and break the files",
    "arena/suspicion/queries.py": "test_opened_battles.py and test_suspects.py read what they return",
    "arena/moderation/queries.py": "test_desk.py, test_flags.py and test_reports.py read what they return",
    "arena/votes/queries.py": "test_exclusions.py, test_single_votes.py and test_style_votes.py read what they return",
    "generation/backends/http_client.py": "every test of test_openai.py and vendors/test_backend.py asks through it",
    "generation/backends/vendors/faults.py": "vendors/test_backend.py has every fault of every vendor",
    "generation/backends/vendors/opening.py": "vendors/test_backend.py opens every vendor",
    "generation/backends/options.py": "declarations; tests of backends and arena/contenders/test_example.py use them",
    "generation/conversation.py": "plain values and a protocol; every backend's tests use them",
    "leaderboard/explanations.py": "test_edge_cases.py meets each note where it arises",
    "leaderboard/notes.py": "test_edge_cases.py meets each note where it arises",
    "training/demo/__main__.py": "takes a minute; its parts are in test_making.py and test_shipping.py",
}


def modules(package: str) -> Iterator[str]:
    yield from _files(ROOT, package, "*.py")


def files_of_tests(package: str) -> Iterator[str]:
    yield from _files(ROOT / "tests", package, "test_*.py")


def _files(root: Path, package: str, pattern: str) -> Iterator[str]:
    return (path.relative_to(root).as_posix() for path in sorted((root / package).rglob(pattern)))


def mirror(module: str) -> str:
    """Return where the tests of a module stand, below `tests/`."""
    path = PurePosixPath(module)
    if path.name == "__init__.py":
        path = path.parent.with_suffix(".py")
    return path.with_name(f"test_{path.name}").as_posix()


def lines_of_code(text: str) -> int:
    """Return how many lines a module has without comments, blank lines and docstrings."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(
            node
        ):
            node.body[0] = ast.Pass()
    return sum(line.strip() not in ("", "pass") for line in ast.unparse(tree).splitlines())


@pytest.mark.parametrize("package", PACKAGES)
def test_every_test_file_mirrors_a_module_or_a_folder_or_tells_a_story(package: str):
    places = {place for module in modules(package) for place in (module, f"{PurePosixPath(module).parent}.py")}
    mirrors = {mirror(place) for place in places}
    assert [test for test in files_of_tests(package) if test not in mirrors and test not in STORIES] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_every_long_module_has_a_test_file_or_a_reason(package: str):
    have = {*files_of_tests(package)}
    long = [module for module in modules(package) if lines_of_code((ROOT / module).read_text("utf-8")) > LONG]
    assert [module for module in long if mirror(module) not in have and module not in ELSEWHERE] == []


def test_every_story_is_still_told():
    assert [test for test in STORIES if not (ROOT / "tests" / test).is_file()] == []


def test_lines_of_code_are_without_comments_and_docstrings():
    assert lines_of_code('"""Says."""\n\n# Why.\nX = 1\n\ndef f():\n    """Does."""\n    return X  # so\n') == 3
