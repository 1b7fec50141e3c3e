"""Settings: the only place that reads the environment. Everything else takes arguments."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from arena.errors import BadConfiguration
from generation.backends.reach import Reach

TRUTHS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


def process_environment() -> Mapping[str, str]:
    """Return the environment of this process."""
    return os.environ


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that an operator can set, each from the variable `ARENA_` + the name in capitals.

    Attributes:
        home: folder of the embedded database and other files that the arena writes.
        database_url: where the votes are; empty means a SQLite file in `home`.
        contenders: the contenders file that `arena serve` and `arena contenders sync` read.
        vllm: the command that `arena contenders serve` runs; vLLM may live in an environment of its own.
        title: the name in the page's heading.
        max_prompt_chars: longest prompt taken.
        max_turns: turns a battle may have.
        max_attempts: replies a turn may have on each side, the first included.
        max_running: battles that may stream at the same time in this process.
        max_running_per_voter: battles that one voter may have streaming at the same time.
        sampling: policy that draws the pairs, "informative" or "uniform".
        leaderboard_refresh_s: seconds between two looks for new votes.
        publish_conversations: whether everybody may read the prompts and replies of battles that were voted on.
        usd_per_day: what all paid replies of a day (UTC) may cost together.
        usd_per_voter_per_day: what those of one voter may cost.
        max_queued: replies that may wait for one endpoint whose contenders set `max_concurrent`.
        moderation: "local" rules, "llama-guard", "openai" (both after the local rules) or "off".
        moderation_url: address of the guard or the moderation endpoint.
        moderation_model: its name there.
        moderation_key_env: name of the variable that holds its API key.
        moderation_rules: a file of rules beside those that come with the arena.
        moderation_away: "refuse" or "allow" what could not be checked because the moderator cannot be reached.
        moderation_timeout_s: the longest wait for it.
        private_networks: where endpoints may be besides public addresses and this machine, such as "10.0.0.0/8".
        operator_password: opens the page of operations, which is not there without it.
        public: whether strangers may vote here; then what is for research only needs an acknowledgement.
    """

    home: Path = Path(".arena")
    database_url: str = field(default="", repr=False)  # may hold a password
    contenders: Path = Path("contenders.toml")
    vllm: str = "vllm"
    title: str = "Alpaca Arena"
    max_prompt_chars: int = 8000
    max_turns: int = 20
    max_attempts: int = 5
    max_running: int = 200
    max_running_per_voter: int = 4
    sampling: str = "informative"
    leaderboard_refresh_s: float = 10.0
    publish_conversations: bool = False
    usd_per_day: float = float("inf")
    usd_per_voter_per_day: float = float("inf")
    max_queued: int = 20
    moderation: str = "local"
    moderation_url: str = ""
    moderation_model: str = ""
    moderation_key_env: str = ""
    moderation_rules: Path | None = None
    moderation_away: str = "refuse"
    moderation_timeout_s: float = 4.0
    private_networks: str = ""
    operator_password: str = field(default="", repr=False)
    public: bool = False

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the settings.

        Raises:
            BadConfiguration: a variable has a wrong value or `ARENA_…` names no setting; lists every fault.
        """
        known = {name: getattr(cls, name, None) for name in cls.__dataclass_fields__}
        values: dict[str, object] = {}
        faults: list[str] = []
        for variable, text in environment.items():
            if not variable.startswith("ARENA_"):
                continue
            name = variable.removeprefix("ARENA_").lower()
            kind = cls.__dataclass_fields__[name].type if name in known else None
            try:
                if kind is None:
                    faults.append(f"{variable}: no such setting")
                elif kind in (int, float):
                    values[name] = _positive(kind(text))
                elif kind is bool:
                    values[name] = TRUTHS[text.casefold()]
                else:
                    values[name] = Path(text) if kind in (Path, Path | None) else text
            except ValueError:
                faults.append(f"{variable}={text}: must be a number above 0")
            except KeyError:
                faults.append(f"{variable}={text}: must be `yes` or `no`")
        if faults:
            raise BadConfiguration(
                "The environment has settings that cannot be used:",
                faults,
                hint="Known: " + ", ".join(f"ARENA_{name.upper()}" for name in known) + ".",
            )
        return cls(**values)  # type: ignore[arg-type]

    @property
    def embedded(self) -> bool:
        """Whether the database is the SQLite file that the arena keeps for itself."""
        return not self.database_url

    @property
    def reach(self) -> Reach:
        """Where the endpoints of contenders may be.

        Raises:
            BadConfiguration: `private_networks` cannot be read.
        """
        try:
            return Reach.parse(self.private_networks)
        except ValueError as error:
            raise BadConfiguration(
                f"ARENA_PRIVATE_NETWORKS: {error}.", hint="Networks, such as 10.0.0.0/8, with commas between them."
            ) from error


def _positive(value: float) -> float:
    if not value > 0 or value == float("inf"):
        raise ValueError
    return value


def silence_gradio() -> None:
    """Switch off what Gradio sends to its makers and adds up after each event.

    It reads these variables while it is imported, so this comes first.
    """
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["GRADIO_ANALYTICS_CACHE_FREQUENCY"] = "1000000000"
    os.environ["GRADIO_ANALYTICS_MAX_EVENTS"] = "1"
