"""A run: what one session works with, whatever the method."""

from dataclasses import dataclass, field

from generation.asking import Asking
from generation.harvest import RECENT, Harvest
from generation.recipe import Recipe
from generation.stopping import Reason, Stopped


@dataclass(frozen=True, slots=True)
class Run:
    """A recipe, the one who asks, and what the answers brought so far."""

    recipe: Recipe
    asking: Asking
    harvest: Harvest = field(default_factory=Harvest)

    @property
    def window(self) -> int:
        """How many requests may be under way. It is the recipe's where it decides what a prompt shows."""
        table = self.recipe.prompt
        return table.window if table and table.machine_examples else 2 * self.asking.concurrency

    def enough(self, under_way: int) -> bool:
        """Whether so many requests will probably bring what is missing. Until answers tell, each may bring all it can."""
        table = self.recipe.prompt
        most = table.tasks - table.examples if table else 1
        kept, requests = len(self.harvest.kept), len(self.harvest.yields)
        return kept + under_way * (kept + most) / (requests + 1) >= self.recipe.stop.target

    def check_stops(self, *, step: str) -> None:
        """Send nothing more of `step` when the harvest says so.

        Raises:
            Stopped: the target is reached, or going on has no point.
        """
        stopped = self._due()
        if stopped:
            raise self.asking.stop(stopped, step=step)

    def _due(self) -> Stopped | None:
        rules, harvest = self.recipe.stop, self.harvest
        if len(harvest.kept) >= rules.target:
            return Stopped(Reason.TARGET, f"The target of {rules.target} is reached.")
        if harvest.barren >= rules.barren:
            last = harvest.fates[-1]
            return Stopped(
                Reason.BARREN,
                f"{harvest.barren} requests in a row brought no task ({last.reason}). "
                f"The last answer begins: {last.example.instruction[:200]!r}.",
                hint="Look at the prompt and the endpoint; a base model needs `protocol = \"continuation\"`.",
            )
        if len(harvest.yields) >= RECENT and harvest.recent_novelty() < rules.plateau:
            return Stopped(
                Reason.PLATEAU,
                f"Of what the last {RECENT} requests brought, {harvest.recent_novelty():.1%} was kept; "
                f"the recipe stops below {rules.plateau:.1%}.",
                hint="Give the recipe more or other seed tasks, or a lower `plateau`.",
            )
        return None
