"""A random_llama as a language model: how it writes a prompt, where it ends, and what it lacks."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from generation.backends.registry import open_backend
from generation.conversation import Message, Sampling
from generation.errors import BadInput
from tests.generation.backends.llamas import model_of

transformers = pytest.importorskip("transformers")


def test_a_prompt_is_encoded_as_transformers_encodes_it(random_llama: Path):
    tokenizer = transformers.AutoTokenizer.from_pretrained(random_llama)
    conversation = [Message("user", "Hi"), Message("assistant", "Yes?"), Message("user", "다시")]
    rows = [{"role": message.role, "content": message.content} for message in conversation]
    due = tokenizer.apply_chat_template(rows, add_generation_prompt=True, return_dict=True)["input_ids"]
    assert model_of(random_llama).prompt(conversation) == list(due)


@pytest.mark.parametrize("content", [{}, {"eos_token_id": None, "min_new_tokens": None}], ids=["nothing", "null"])
async def test_a_reply_ends_at_the_tokenizers_end_where_the_folder_names_none(tmp_path: Path, content: dict[str, Any]):
    from training import tiny_llama

    tiny_llama.write(tmp_path / "tiny", seed=3)
    question = [Message("user", "Tell me")]
    due = await open_backend("numpy", {"folder": str(tmp_path / "tiny")}).complete(question, Sampling(max_tokens=200))
    config = json.loads((tmp_path / "tiny" / "config.json").read_text())
    (tmp_path / "tiny" / "config.json").write_text(json.dumps({**config, "eos_token_id": None}))
    (tmp_path / "tiny" / "generation_config.json").write_text(json.dumps(content))
    found = await open_backend("numpy", {"folder": str(tmp_path / "tiny")}).complete(question, Sampling(max_tokens=200))
    assert found == due


def test_a_damaged_tokenizer_is_named(random_llama: Path, tmp_path: Path):
    odd = shutil.copytree(random_llama, tmp_path / "odd")
    (odd / "tokenizer.json").write_text("{}")
    with pytest.raises(BadInput, match=r"tokenizer\.json cannot be read"):
        open_backend("numpy", {"folder": str(odd)})


def test_a_chat_template_that_is_not_jinja_or_absent_is_told(random_llama: Path, tmp_path: Path):
    odd = shutil.copytree(random_llama, tmp_path / "odd")
    (odd / "chat_template.jinja").write_text("{% for %}")
    with pytest.raises(BadInput, match=r"chat template of .* cannot be used"):
        open_backend("numpy", {"folder": str(odd)})
    (odd / "chat_template.jinja").unlink()
    with pytest.raises(BadInput, match="has no chat template"):
        open_backend("numpy", {"folder": str(odd)})
