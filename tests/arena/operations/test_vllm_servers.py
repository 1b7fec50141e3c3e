"""Which vLLM servers contenders need, and with which command."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from arena.contenders.schema import contender_faults, entry_of
from arena.db.states import ContenderStatus
from arena.db.tables import Contender
from arena.errors import BadConfiguration
from arena.operations.vllm_servers import VLLMServer, plan_servers
from generation.prompts import prompt_format

TINY = b'{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
WEIGHTS = len(TINY).to_bytes(8, "little") + TINY + b"\0\0\0\0"


@pytest.fixture
def base(tmp_path: Path) -> Path:
    folder = tmp_path / "llama"
    folder.mkdir()
    (folder / "config.json").write_text('{"model_type": "llama"}')
    (folder / "tokenizer.json").write_text("{}")
    (folder / "tokenizer_config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(WEIGHTS)
    return folder


def adapter(base: Path, name: str, *, rank: int = 8) -> Path:
    folder = base.parent / name
    folder.mkdir()
    config = {"base_model_name_or_path": "somewhere/else/llama", "r": rank}
    (folder / "adapter_config.json").write_text(json.dumps(config))
    (folder / "adapter_model.safetensors").write_bytes(WEIGHTS)
    return folder


def contender(slug: str, folder: Path | None = None, **table: object) -> Contender:
    whole = {"slug": slug, "label": slug, "backend": "openai", **({"folder": str(folder)} if folder else {}), **table}
    assert not contender_faults(whole)
    now = datetime.now(UTC)
    row = Contender(status=ContenderStatus.CANDIDATE, status_at=now, created_at=now)
    for name, value in vars_of(whole).items():
        setattr(row, name, value)
    return row


def vars_of(table: dict[str, object]) -> dict[str, object]:
    entry = entry_of(table)
    return {name: getattr(entry, name) for name in entry.__dataclass_fields__}


def command(server: VLLMServer, *extra: str) -> list[str]:
    return server.command("vllm", host="127.0.0.1", port=8123, template_file=Path("chat.jinja"), extra=extra)


def test_a_whole_checkpoint_is_served_under_its_contenders_name(base: Path):
    (base / "chat_template.jinja").write_text("{{ messages }}")
    (server,) = plan_servers([contender("tiny", base)])
    assert command(server, "--dtype", "float32") == [
        *("vllm", "serve", str(base), "--host", "127.0.0.1", "--port", "8123"),
        *("--served-model-name", "tiny", "--dtype", "float32"),
    ]


def test_adapters_on_one_base_share_a_server_with_it(base: Path):
    first, second = adapter(base, "alpaca-lora", rank=12), adapter(base, "vicuna-lora", rank=40)
    (server,) = plan_servers(
        [
            contender("a", first, prompt_format="alpaca"),
            contender("b", second, prompt_format="alpaca"),
            contender("llama", base, protocol="completions"),
        ]
    )
    assert server.slugs == ("a", "b", "llama")
    assert server.chat_template == prompt_format("alpaca").chat_template
    assert command(server)[7:] == [
        *("--served-model-name", "llama", "--chat-template", "chat.jinja"),
        *("--enable-lora", "--max-loras", "2", "--max-lora-rank", "64"),
        *("--lora-modules", f"a={first}", f"b={second}"),
    ]


def test_two_bases_need_two_servers(base: Path, tmp_path: Path):
    other = base.rename(tmp_path / "other")
    base.mkdir()
    for file in other.iterdir():
        (base / file.name).write_bytes(file.read_bytes())
    rows = [contender(name, folder, prompt_format="chatml") for name, folder in (("a", base), ("b", other))]
    assert [server.slugs for server in plan_servers(rows)] == [("a",), ("b",)]


def test_different_formats_on_one_base_are_refused_unless_the_arena_writes_the_prompts(base: Path):
    folders = {"alpaca": adapter(base, "alpaca-lora"), "vicuna_v1.1": adapter(base, "vicuna-lora")}
    rows = [contender(f"{name}-lora", folder, prompt_format=name) for name, folder in folders.items()]
    with pytest.raises(BadConfiguration, match="want different prompt formats"):
        plan_servers(rows)
    written_here = [
        contender(f"{name}-lora", folder, prompt_format=name, protocol="completions")
        for name, folder in folders.items()
    ]
    (server,) = plan_servers(written_here)
    assert server.chat_template is None
    assert server.names == ()
    assert command(server)[7:9] == ["--served-model-name", "llama"]


def test_every_fault_is_told_at_once(base: Path, tmp_path: Path):
    with pytest.raises(BadConfiguration) as refusal:
        plan_servers(
            [
                contender("remote", url="http://127.0.0.1:1/v1", model="m"),
                contender("mute", base),
                contender("gone", tmp_path / "gone"),
                contender("x", base, model="same", protocol="completions"),
                contender("y", base, model="same", protocol="completions"),
            ]
        )
    remote, mute, gone, same = refusal.value.faults
    assert "`remote`: it names no `folder`" in remote
    assert "no chat template. Name a `prompt_format`" in mute
    assert "There is no folder" in gone
    assert "`x`, `y`: all are called same" in same
