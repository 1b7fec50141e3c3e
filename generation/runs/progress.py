"""Progress: where a run stands, for people. A panel on a terminal, lines elsewhere; both on stderr."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Self, TextIO

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table

from generation.runs.estimate import RunEstimate
from generation.runs.runs import Run

_PANEL_EVERY_S, _LINE_EVERY_S = 0.5, 10.0


@dataclass(frozen=True, slots=True)
class RunProgress:
    """Where a run stands, with the estimate of the whole run."""

    run: Run
    estimate: RunEstimate

    def fields(self) -> Iterator[tuple[str, str]]:
        """Yield the name and the text of each figure to show."""
        asking, harvest = self.run.asking, self.run.harvest
        budget, journal = asking.budget, asking.journal
        asked = f"{budget.requests:,} requests, {budget.in_flight} in flight"
        yield "kept", f"{len(harvest.kept):,} of {self.run.recipe.stop.target:,}"
        yield "parsed", f"{harvest.parsed:,}"
        yield "asked", asked
        yield "yield", f"{harvest.recent_yield():.1f} a request, {harvest.recent_novelty():.0%} of what came is kept"
        if budget.price:
            low, high = self.estimate.low.cost, self.estimate.high.cost
            yield "spent", f"{dollars(budget.cost)}, in all {dollars(low)} to {dollars(high)}"
        yield "time left", duration(self.estimate.middle.hours)
        if journal.failures:
            yield "failures", ", ".join(f"{kind} {count}" for kind, count in journal.failures.most_common())
        if harvest.kept:
            yield "last kept", harvest.kept[-1].instruction


class ProgressView:
    """Shows progress on a stream: a panel where that is a terminal, else a line every ten seconds."""

    def __init__(self, stream: TextIO) -> None:
        console = Console(file=stream)
        self._stream = stream
        self._live = Live(console=console, auto_refresh=False) if console.is_terminal else None
        self._due = 0.0 if self._live else time.monotonic() + _LINE_EVERY_S

    def update(self, progress: Callable[[], RunProgress]) -> None:
        """Show progress if the last time is long enough ago."""
        now = time.monotonic()
        if now >= self._due:
            self._due = now + (_PANEL_EVERY_S if self._live else _LINE_EVERY_S)
            self.show(progress())

    def show(self, progress: RunProgress) -> None:
        """Show progress now."""
        if self._live:
            self._live.update(_panel(progress), refresh=True)
        else:
            self._print(" · ".join(f"{name} {text}" for name, text in progress.fields() if name != "last kept"))

    def say(self, sentence: str) -> None:
        """Print a sentence above the panel, or on a line."""
        if self._live:
            self._live.console.print(sentence, markup=False)
        else:
            self._print(sentence)

    def _print(self, line: str) -> None:
        print(line, file=self._stream, flush=True)

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()


def _panel(progress: RunProgress) -> Panel:
    table = Table.grid(padding=(0, 2))
    target = progress.run.recipe.stop.target
    table.add_row("", ProgressBar(total=target, completed=len(progress.run.harvest.kept)))
    for name, text in progress.fields():
        table.add_row(name, escape(text))
    return Panel(table, title=escape(f"{progress.run.recipe.method} · {progress.run.recipe.teacher.model}"))


def dollars(amount: float | None) -> str:
    """Return an amount as people read it, small ones with more digits."""
    return "no price" if amount is None else f"${amount:,.2f}" if amount >= 1 else f"${amount:.4f}"


def duration(hours: float) -> str:
    """Return a time as people read it."""
    minutes = round(hours * 60)
    return (
        f"{minutes // 60} h {minutes % 60:02} min"
        if minutes >= 60
        else f"{minutes} min"
        if minutes
        else "under a minute"
    )
