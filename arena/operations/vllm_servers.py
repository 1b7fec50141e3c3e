"""vLLM servers for contenders whose weights are on this machine: one server for each base, with all its adapters."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from arena.contenders.endpoint import Endpoint
from arena.contenders.schema import ServedFolder
from arena.db.tables import Contender
from arena.errors import BadConfiguration
from generation.checkpoints import Checkpoint, open_checkpoint
from generation.errors import BadInput
from generation.prompts import FORMATS, prompt_format

LORA_RANKS = (8, 16, 32, 64, 128, 256, 320, 512)  # that vLLM can make room for


@dataclass(frozen=True, slots=True)
class VLLMServer:
    """One server to start.

    Attributes:
        base: folder of the base's weights.
        slugs: contenders that the server answers for.
        names: names under which it serves the base itself.
        adapters: folders of adapters that it serves too, by name.
        chat_template: the prompt format as a Jinja template; None to use that of the base's tokenizer.
    """

    base: Path
    slugs: tuple[str, ...]
    names: tuple[str, ...]
    adapters: Mapping[str, Checkpoint] = field(default_factory=dict)
    chat_template: str | None = None

    def command(
        self, executable: str, *, host: str, port: int, template_file: Path, extra: Sequence[str] = ()
    ) -> list[str]:
        """Return the command that starts the server.

        Args:
            executable: vLLM's command.
            host: address to listen on.
            port: port to listen on.
            template_file: file with `chat_template`, if there is one.
            extra: further arguments for vLLM.
        """
        return [
            *(executable, "serve", str(self.base), "--host", host, "--port", str(port)),
            *("--served-model-name", *(self.names or (self.base.name,))),
            *(("--chat-template", str(template_file)) if self.chat_template else ()),
            *(self._lora() if self.adapters else ()),
            *extra,
        ]

    def _lora(self) -> Iterator[str]:
        largest = max(adapter.rank for adapter in self.adapters.values())
        rank = next((rank for rank in LORA_RANKS if rank >= largest), largest)
        yield from ("--enable-lora", "--max-loras", str(len(self.adapters)), "--max-lora-rank", str(rank))
        yield "--lora-modules"
        yield from (f"{name}={adapter.folder}" for name, adapter in self.adapters.items())


def plan_servers(contenders: Sequence[Contender]) -> tuple[VLLMServer, ...]:
    """Return the servers that `contenders` need, one for each base.

    Raises:
        BadConfiguration: a contender has no folder that can be served, or those on one base have different prompt
            formats; lists every fault.
    """
    faults: list[str] = []
    on_base: dict[Path, list[_Wish]] = defaultdict(list)
    for row in contenders:
        try:
            wish = _wish(row)
        except (BadInput, BadConfiguration) as error:
            faults.append(f"`{row.slug}`: {error}" + (f" {error.hint}" if error.hint else ""))
        else:
            on_base[wish.checkpoint.base.resolve()].append(wish)
    faults += (fault for wishes in on_base.values() for fault in _disagreements(wishes))
    if faults:
        raise BadConfiguration("These contenders cannot be served:", faults)
    return tuple(_server(wishes) for wishes in on_base.values())


@dataclass(frozen=True, slots=True)
class _Wish:
    """What one contender needs served. `template` is None if the arena writes its prompts."""

    slug: str
    name: str
    checkpoint: Checkpoint
    template: str | None


def _wish(row: Contender) -> _Wish:
    served = ServedFolder.of(row.options)
    if row.backend != "openai" or not served.folder:
        raise BadConfiguration("it names no `folder`, or is no `openai` contender; there is nothing to serve.")
    base = Path(served.base_folder) if served.base_folder else None
    checkpoint = open_checkpoint(Path(served.folder), base=base)
    return _Wish(row.slug, Endpoint.of(row).model, checkpoint, _template(row, checkpoint))


def _template(row: Contender, checkpoint: Checkpoint) -> str | None:
    if row.options.get("protocol") == "completions":
        return None
    if told := row.options.get("chat_template"):
        return str(told)
    if row.prompt_format:
        return prompt_format(row.prompt_format).chat_template
    if checkpoint.chat_template:
        return checkpoint.chat_template
    raise BadConfiguration(
        f"{checkpoint.folder} has no chat template.", hint=f"Name a `prompt_format`: {', '.join(FORMATS)}."
    )


def _disagreements(wishes: Sequence[_Wish]) -> Iterator[str]:
    by_name: dict[str, list[str]] = defaultdict(list)
    for wish in wishes:
        by_name[wish.name].append(wish.slug)
    for name, slugs in by_name.items():
        if len(slugs) > 1:
            yield f"{_listed(slugs)}: all are called {name} at the server; give each a `model` of its own"
    writers = {wish.slug: wish.template for wish in wishes if wish.template}
    if len({*writers.values()}) > 1:
        yield (
            f"{_listed([*writers])}: they share {wishes[0].checkpoint.base} and want different prompt formats, and a "
            'server has one; with `protocol = "completions"` the arena writes their prompts itself'
        )


def _server(wishes: Sequence[_Wish]) -> VLLMServer:
    base = wishes[0].checkpoint.base
    own = Checkpoint(base, base).chat_template
    return VLLMServer(
        base=base,
        slugs=tuple(wish.slug for wish in wishes),
        names=tuple(wish.name for wish in wishes if not wish.checkpoint.is_adapter),
        adapters={wish.name: wish.checkpoint for wish in wishes if wish.checkpoint.is_adapter},
        chat_template=next((wish.template for wish in wishes if wish.template not in (None, own)), None),
    )


def _listed(slugs: Sequence[str]) -> str:
    return ", ".join(f"`{slug}`" for slug in slugs)
