"""A run: the state of one session, the same for every method."""

from dataclasses import dataclass, field

from generation.asking.asking import Asking
from generation.asking.stopping import Reason, Stopped
from generation.candidates.harvest import RECENT, Harvest
from generation.recipe import GenerationRecipe


@dataclass(slots=True)
class Run:
    """A recipe, its asking, the harvest so far, and why the run ended (None before)."""

    recipe: GenerationRecipe
    asking: Asking
    harvest: Harvest = field(default_factory=Harvest)
    ended: Stopped | None = None

    @property
    def window(self) -> int:
        """How many requests may be under way: the recipe's `window` if output is fed back, else 2 × concurrency."""
        table = self.recipe.prompt
        return table.window if table and self.recipe.feeds_back else 2 * self.asking.concurrency

    def enough(self, under_way: int) -> bool:
        """Whether so many requests will probably reach the target. At first each counts as if all of it were kept."""
        table = self.recipe.prompt
        most = table.tasks - table.examples if table else 1
        kept, requests = len(self.harvest.kept), len(self.harvest.yields)
        return kept + under_way * (kept + most) / (requests + 1) >= self.recipe.stop.target

    def check_stops(self, *, step: str) -> None:
        """Send no more requests of `step` if the target is reached or going on has no point.

        Raises:
            Stopped: the target is reached, or going on has no point.
        """
        target = self.recipe.stop.target
        if len(self.harvest.kept) >= target:
            raise self.asking.stop(Stopped(Reason.TARGET, f"The target of {target} is reached."), step=step)
        self.check_point(step=step)

    def check_point(self, *, step: str) -> None:
        """Send no more requests of `step` if going on has no point.

        Raises:
            Stopped: the last answers brought nothing, or too little.
        """
        if stopped := self._pointless():
            raise self.asking.stop(stopped, step=step)

    def _pointless(self) -> Stopped | None:
        rules, harvest = self.recipe.stop, self.harvest
        if harvest.barren >= rules.barren:
            last = harvest.fates[-1]
            return Stopped(
                Reason.BARREN,
                f"{harvest.barren} requests in a row brought no task ({last.reason}). "
                f"The last answer begins: {last.example.instruction[:200]!r}.",
                hint='Look at the prompt and the endpoint; a base model needs `protocol = "continuation"`.',
            )
        if len(harvest.yields) >= RECENT and harvest.recent_novelty() < rules.plateau:
            return Stopped(
                Reason.PLATEAU,
                f"Of what the last {RECENT} requests brought, {harvest.recent_novelty():.1%} was kept; "
                f"the recipe stops below {rules.plateau:.1%}.",
                hint="Give the recipe more or other seed tasks, or a lower `plateau`.",
            )
        return None
