"""Settings: the only place that reads the environment. Everything else takes arguments."""

import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from arena.errors import BadConfiguration
from generation.backends.reach import Reach
from generation.declared_tables import DeclaredKey, Means, TableFault, keys_of, read_table, reference
from generation.typed_values import closest
from generation.value_rules import HOSTS, NETWORKS, ORIGINS, ROOT_PATH, Count, NotNegative, Positive, one_of

PREFIX = "ARENA_"
# Variables that Kubernetes sets for a service, such as ARENA_PORT_7860_TCP_ADDR and ARENA_WEB_SERVICE_HOST.
SERVICE = re.compile(r"ARENA_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)")
SHARE_OF_A_NETWORK = 0.75  # of the battles that may run: one network never takes the places of all others
TRUTHS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


@dataclass(frozen=True, slots=True)
class Limit(Means):
    """What a limit is for, and what it is where it is not set: in a class, and where strangers vote."""

    in_class: int = 0
    in_public: int = 0


def limit(what: str, in_class: int, in_public: int, *, unit: str = "") -> Limit:
    """Return the declaration of a limit whose default depends on the audience."""
    told = f"{what}; if not set, {in_class:,} in a class and {in_public:,} in public"
    return Limit(told, unit=unit, example=in_class + 1, in_class=in_class, in_public=in_public)


def process_environment() -> Mapping[str, str]:
    """Return the environment of this process."""
    return os.environ


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that an operator can set. The variable of a setting is `ARENA_` and its name in capitals."""

    home: Annotated[
        Path, Means("folder of the embedded database and other files that the arena writes", example="/var/lib/arena")
    ] = Path(".arena")
    # Never printed, since it may hold a password.
    database_url: Annotated[
        str, Means("where the votes are; empty is a SQLite file in `home`", example="postgresql://arena@db/arena")
    ] = field(default="", repr=False)
    contenders: Annotated[
        Path, Means("the contenders file that `arena serve` and `arena contenders sync` read", example="lab.toml")
    ] = Path("contenders.toml")
    vllm: Annotated[
        str,
        Means(
            "the command that `arena contenders serve` runs; vLLM may live in an environment of its own",
            example="/opt/vllm/bin/vllm",
        ),
    ] = "vllm"
    title: Annotated[str, Means("the name in the page's heading", example="Our lab's arena")] = "Alpaca Arena"
    max_prompt_chars: Annotated[Count, Means("longest prompt that is accepted", unit="characters", example=4000)] = 8000
    max_turns: Annotated[Count, Means("turns a battle may have", example=10)] = 20
    max_attempts: Annotated[Count, Means("replies a turn may have on each side, the first included", example=3)] = 5
    max_running: Annotated[Count, Means("battles that may stream at the same time in this process", example=50)] = 200
    max_running_per_voter: Annotated[
        Count, Means("battles that one voter may have streaming at the same time", example=2)
    ] = 4
    sampling: Annotated[
        str, one_of("informative", "uniform"), Means("policy that draws the pairs", example="uniform")
    ] = "informative"
    leaderboard_refresh_s: Annotated[
        Positive, Means("time between two looks for new votes", unit="seconds", example=60)
    ] = 10.0
    detect_every_s: Annotated[
        Positive,
        Means("time between two looks for votes that were bought or cast by machines", unit="seconds", example=3600),
    ] = 300.0
    publish_conversations: Annotated[
        bool,
        Means("whether everybody may read the prompts and replies of battles that were voted on", example="yes"),
    ] = False
    thinking: Annotated[
        str,
        one_of("hidden", "after the vote", "folded"),
        Means(
            "whether voters may read what a model thought before its answer, on both sides alike; hidden, "
            "nothing tells before the vote that a side thinks",
            example="folded",
        ),
    ] = "hidden"
    check_every_h: Annotated[
        Positive,
        Means("time between two checks of the active contenders by `arena serve`", unit="hours", example=6),
    ] = 24.0
    usd_per_day: Annotated[
        Positive,
        Means("the most that all paid replies of a day (UTC) may cost together", unit="US dollars", example=20),
    ] = math.inf
    usd_per_voter_per_day: Annotated[
        Positive,
        Means("the most that the paid replies to one voter may cost on a day (UTC)", unit="US dollars", example=0.5),
    ] = math.inf
    max_queued: Annotated[
        Count, Means("replies that may wait for one endpoint whose contenders set `max_concurrent`", example=50)
    ] = 20
    moderation: Annotated[
        str,
        one_of("local", "llama-guard", "openai", "off"),
        Means(
            "who judges prompts and replies; `llama-guard` and `openai` judge after the `local` rules",
            example="llama-guard",
        ),
    ] = "local"
    moderation_url: Annotated[
        str, Means("address of the guard or the moderation endpoint", example="http://127.0.0.1:8001/v1")
    ] = ""
    moderation_model: Annotated[str, Means("name of the moderation model at that address", example="llama-guard-4")] = (
        ""
    )
    moderation_key_env: Annotated[
        str, Means("name of the variable that holds the API key for that address", example="OPENAI_API_KEY")
    ] = ""
    moderation_rules: Annotated[
        Path | None, Means("a file with rules in addition to those that come with the arena", example="rules.toml")
    ] = None
    moderation_away: Annotated[
        str,
        one_of("refuse", "allow"),
        Means("what happens to a prompt or reply while the moderator cannot be reached", example="allow"),
    ] = "refuse"
    moderation_timeout_s: Annotated[
        Positive, Means("the longest wait for the moderator", unit="seconds", example=2)
    ] = 4.0
    private_networks: Annotated[
        str,
        Means("where endpoints may be besides public addresses and this machine", example="10.0.0.0/8,fd00::/8"),
    ] = ""
    operator_password: Annotated[
        str,
        Means(
            "opens the operators' page; without a password there is no such page",
            example="correct horse battery staple",
        ),
    ] = field(default="", repr=False)
    maintainer: Annotated[
        str,
        Means(
            "who runs the command, as the audit log names them; by default the account of this machine", example="ann"
        ),
    ] = ""
    trusted_proxies: Annotated[
        str,
        NETWORKS,
        Means(
            "proxies whose X-Forwarded-For, -Host and -Proto are believed; what others send is ignored",
            example="127.0.0.1,10.0.0.0/8",
        ),
    ] = ""
    allowed_hosts: Annotated[
        str,
        HOSTS,
        Means(
            "names under which the arena may be asked; empty allows any",
            example="arena.example.org,*.arena.example.org",
        ),
    ] = ""
    max_connections_per_address: Annotated[
        Count,
        Means("connections that one address may have, unless it is a trusted proxy; a browser takes six", example=600),
    ] = 300
    expensive_per_minute: Annotated[
        Count,
        Means(
            "comparisons, plots, exports, filtered boards and looks into the archive that one address may ask for",
            unit="requests a minute",
            example=600,
        ),
    ] = 120
    root_path: Annotated[
        str, ROOT_PATH, Means("where the arena lies below its host; empty is a host of its own", example="/arena")
    ] = ""
    frame_ancestors: Annotated[
        str,
        ORIGINS,
        Means("sites whose pages may show the arena in a frame; empty is none", example="https://www.example.org"),
    ] = ""
    public: Annotated[
        bool,
        Means(
            "whether strangers may vote here; a contender licensed for research only then needs an acknowledgement",
            example="yes",
        ),
    ] = False
    audience: Annotated[
        str | None,
        one_of("class", "public"),
        Means(
            "chooses the limits below that are not set: `class` lets many vote behind one address, `public` expects "
            "strangers; if not set, it follows `public`",
            example="class",
        ),
    ] = None
    # A question is a prompt that is sent, or answered again. A network is an IPv4 /24 or an IPv6 /48.
    questions_per_voter_per_hour: Annotated[Count | None, limit("questions of one voter in an hour", 120, 90)] = None
    questions_per_voter_per_day: Annotated[Count | None, limit("questions of one voter in a day", 600, 300)] = None
    questions_per_network_per_hour: Annotated[
        Count | None, limit("questions from one network in an hour", 8000, 3000)
    ] = None
    questions_per_network_per_day: Annotated[
        Count | None, limit("questions from one network in a day", 40_000, 10_000)
    ] = None
    questions_per_prompt_per_hour: Annotated[
        Count | None, limit("questions with the same prompt in an hour", 2000, 500)
    ] = None
    questions_per_prompt_per_day: Annotated[
        Count | None, limit("questions with the same prompt in a day", 8000, 1500)
    ] = None
    votes_per_voter_per_hour: Annotated[Count | None, limit("votes of one voter that count, in an hour", 40, 30)] = None
    votes_per_voter_per_day: Annotated[Count | None, limit("votes of one voter that count, in a day", 200, 100)] = None
    votes_per_network_per_hour: Annotated[
        Count | None, limit("votes from one network that count, in an hour", 4000, 1500)
    ] = None
    votes_per_network_per_day: Annotated[
        Count | None, limit("votes from one network that count, in a day", 20_000, 4000)
    ] = None
    votes_per_prompt_per_hour: Annotated[
        Count | None, limit("votes on the same prompt that count, in an hour", 1000, 200)
    ] = None
    votes_per_prompt_per_day: Annotated[
        Count | None, limit("votes on the same prompt that count, in a day", 4000, 500)
    ] = None
    new_voters_per_network_per_hour: Annotated[
        Count | None, limit("new voters from one network whose votes count, in an hour", 200, 120)
    ] = None
    new_voters_per_network_per_day: Annotated[
        Count | None, limit("new voters from one network whose votes count, in a day", 500, 200)
    ] = None
    max_running_per_network: Annotated[
        Count | None,
        limit("battles of one network that may stream at the same time, at most three quarters of all", 150, 100),
    ] = None
    trial_minutes: Annotated[
        NotNegative | None, limit("time after which the votes of a new voter begin to count", 0, 60, unit="minutes")
    ] = None
    hot_network: Annotated[
        Count | None,
        limit("questions in an hour from which on a network is hot: its new voters need a proof of work", 3000, 200),
    ] = None

    ask_consent: Annotated[
        bool,
        Means(
            "whether voters are asked what may be stored, used and published before their first prompt; `no` allows "
            "all of it, and is for arenas whose voters agreed elsewhere",
            example="no",
        ),
    ] = True
    contact: Annotated[
        str,
        Means(
            "who runs this arena, and how voters reach them; shown in the notice", example="Our lab, lab@uni.example"
        ),
    ] = ""
    erased_votes: Annotated[
        str,
        one_of("count", "remove"),
        Means(
            "what happens to a vote that its voter erases: it stays as a count that names nobody, or it is taken back",
            example="remove",
        ),
    ] = "count"
    keep_texts_days: Annotated[
        Positive, Means("after this time the texts of battles with a vote are erased", unit="days", example=365)
    ] = 730.0
    keep_unvoted_texts_days: Annotated[
        Positive, Means("after this time the texts of battles without a vote are erased", unit="days", example=30)
    ] = 90.0
    keep_refused_days: Annotated[
        Positive, Means("after this time the prompts that moderation refused are erased", unit="days", example=7)
    ] = 30.0
    keep_voters_days: Annotated[
        Positive,
        Means("a voter's cookie is forgotten when the last battle is older than this", unit="days", example=180),
    ] = 400.0
    keep_copies_days: Annotated[
        Positive,
        Means("after this time a copy of the database, made before an upgrade, is deleted", unit="days", example=14),
    ] = 30.0

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the settings.

        Raises:
            BadConfiguration: a variable has a wrong value or `ARENA_…` names no setting; lists every fault.
        """
        keys = keys_of(cls)
        ours = {
            variable.removeprefix(PREFIX).lower(): text
            for variable, text in environment.items()
            if variable.startswith(PREFIX) and not _of_a_service(variable, text)
        }
        unknown = [name for name in ours if name not in keys]
        made, faults = read_table(cls, {name: _read(keys[name], ours[name]) for name in ours if name in keys})
        told = [f"{variable_of(name)}: no such setting{_near(name, [*keys])}" for name in unknown]
        told += [f"{variable_of(fault.key)}: {_sentence(keys[fault.key], fault)}" for fault in faults]
        if told or made is None:
            raise BadConfiguration(
                "The environment has settings that cannot be used:",
                told,
                hint="`arena settings` says what there is. Known: " + ", ".join(map(variable_of, keys)) + ".",
            )
        return made

    @property
    def embedded(self) -> bool:
        """Whether the database is the SQLite file that the arena keeps for itself."""
        return not self.database_url

    @property
    def for_public(self) -> bool:
        """Whether limits that are not set are those for strangers."""
        return self.public if self.audience is None else self.audience == "public"

    def limit_of(self, name: str) -> float:
        """Return a limit that depends on the audience: what was set, or else the audience's."""
        value: float | None = getattr(self, name)
        if value is not None:
            return value
        means = keys_of(type(self))[name].means
        assert isinstance(means, Limit), name
        return means.in_public if self.for_public else means.in_class

    @property
    def most_of_a_network(self) -> int:
        """How many battles of one network may stream at the same time."""
        share = math.ceil(SHARE_OF_A_NETWORK * self.max_running)
        return min(int(self.limit_of("max_running_per_network")), share)

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


def variable_of(name: str) -> str:
    """Return the variable of a setting."""
    return f"{PREFIX}{name.upper()}"


def settings_text() -> str:
    """Return the reference of all settings: variable, meaning, allowed values and default of each."""
    return reference(Settings, called=variable_of)


def _of_a_service(variable: str, text: str) -> bool:
    """Return whether Kubernetes set a variable because a service is called `arena` or begins with `arena-`."""
    # Kubernetes sets ARENA_PORT to an address. A bare number there is a person's mistake.
    return bool(SERVICE.fullmatch(variable)) and (variable != "ARENA_PORT" or "://" in text)


def _read(key: DeclaredKey, text: str) -> object:
    """Return the value that a text stands for, or the text itself where it cannot be read as the key's type."""
    kind = key.plain_type
    try:
        if kind is bool:
            return TRUTHS[text.casefold()]
        return kind(text) if kind in (int, float) else text
    except (ValueError, KeyError):
        return text


def _sentence(key: DeclaredKey, fault: TableFault) -> str:
    return "must be `yes` or `no`" if key.plain_type is bool else fault.sentence


def _near(name: str, known: Sequence[str]) -> str:
    close = closest(name, known)
    return f"; did you mean `{variable_of(close)}`?" if close else ""


def silence_gradio() -> None:
    """Switch off Gradio's telemetry and the statistics that it computes after each event.

    Gradio reads these variables when it is imported, so call this before the import.
    """
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["GRADIO_ANALYTICS_CACHE_FREQUENCY"] = "1000000000"
    os.environ["GRADIO_ANALYTICS_MAX_EVENTS"] = "1"
