"""Plants faults, one at a time in a copy of the project, and says which of them the tests notice.

    python -m benchmarks.planted_faults [WORD …]

Words choose faults by area or by file. At the end the tests that noticed something run once more,
without a fault, for a test that fails anyway notices nothing. Ends with 1 if a fault survived.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from os import environ
from pathlib import Path

from tests.guards.planted_faults import FAULTS, Fault

ROOT = Path(__file__).parents[1]
LONGEST_S = 600  # a fault may also hang a test
NOT_NEEDED = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "node_modules", "build", "dist")
FAILED, PASSED, HUNG = 1, 0, -1  # pytest's exit codes, and ours


@dataclass(frozen=True, slots=True)
class Outcome:
    """How pytest ended, and the first test that failed."""

    code: int
    failed: str = ""

    @property
    def noticed(self) -> bool:
        """Whether the tests noticed a fault."""
        return self.code in {FAILED, HUNG}

    def __str__(self) -> str:
        return {FAILED: "caught", HUNG: "hangs", PASSED: "SURVIVED"}.get(self.code, f"pytest ended with {self.code}")


def main(words: Sequence[str]) -> int:
    """Plant the chosen faults and print what became of each."""
    chosen = [fault for fault in FAULTS if not words or {fault.area, fault.file} & {*words}]
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        shutil.copytree(ROOT, copy, ignore=NOT_NEEDED)
        for fault in chosen:
            with _planted(copy, fault):
                outcomes.append(_run(copy, fault.tests))
            print(f"{outcomes[-1]!s:9} {fault.area:8} {fault.consequence} ({fault.file})", flush=True)
        alarms = sorted({outcome.failed for outcome in outcomes if outcome.failed})
        if alarms and (false := _run(copy, alarms)).code != PASSED:
            print(f"This fails without any fault too, so nothing above is certain: {false.failed or false}")
            return 2
    caught = sum(outcome.noticed for outcome in outcomes)
    print(f"{caught} of {len(chosen)} faults were caught; without them, the {len(alarms)} tests that noticed pass.")
    return int(caught < len(chosen))


@contextmanager
def _planted(copy: Path, fault: Fault) -> Iterator[None]:
    file = copy / fault.file
    text = file.read_text(encoding="utf-8")
    assert text.count(fault.sound) == 1, f"{fault.file} does not hold this once: {fault.sound}"
    for content in (text.replace(fault.sound, fault.faulty), text):
        file.write_text(content, encoding="utf-8")
        # Compiled files are known by second and size, which two versions may share.
        for compiled in (file.parent / "__pycache__").glob(f"{file.stem}.*"):
            compiled.unlink()
        if content != text:
            yield


def _run(copy: Path, tests: Sequence[str]) -> Outcome:
    """Run tests in the copy until one fails."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    paths = {"PYTHONPATH": str(copy)}  # before the project that is installed
    quiet = {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "GRADIO_ANALYTICS_ENABLED": "False"}
    try:
        done = subprocess.run(
            command, cwd=copy, env={**environ, **quiet, **paths}, capture_output=True, text=True, timeout=LONGEST_S
        )
    except subprocess.TimeoutExpired:
        return Outcome(HUNG)
    failed = [line for line in done.stdout.splitlines() if line.startswith("FAILED ")]
    return Outcome(done.returncode, failed[0].removeprefix("FAILED ").partition(" - ")[0] if failed else "")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
