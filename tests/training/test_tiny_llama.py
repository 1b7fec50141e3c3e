"""The checkpoint that is made from nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from generation.errors import BadInput
from tests.endpoints.plugin import TinyLlamas

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from training import tiny_llama  # noqa: E402

SIZE_LIMIT = 4_000_000


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """On a busy machine, torch's threads wait for each other longer than all of this takes."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def reply(folder: Path, prompt: str) -> str:
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    weights = transformers.AutoModelForCausalLM.from_pretrained(folder)
    message = [{"role": "user", "content": prompt}]
    inputs = tokenizer.apply_chat_template(message, add_generation_prompt=True, return_tensors="pt", return_dict=True)
    tokens = weights.generate(**inputs, max_new_tokens=200, do_sample=False)[0, inputs["input_ids"].shape[1] :]
    assert tokens[-1] == tokenizer.eos_token_id
    text: str = tokenizer.decode(tokens, skip_special_tokens=True)
    return text


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_any_program_can_load_it_and_it_ends_its_replies_by_itself(tiny_llamas: TinyLlamas):
    replies = {name: reply(tiny_llamas.folder / name, "What do alpacas like?") for name in tiny_llamas.sentences}
    for name, taught in tiny_llamas.sentences.items():
        assert any(sentence in replies[name] for sentence in taught)
    assert replies["tiny-1"] != replies["tiny-2"]


def test_it_is_small(tiny_llamas: TinyLlamas):
    assert sum(map(len, contents(tiny_llamas.folder / "tiny-1").values())) <= SIZE_LIMIT


def test_the_tokenizer_gives_any_text_back(tiny_llamas: TinyLlamas):
    tokenizer = transformers.AutoTokenizer.from_pretrained(tiny_llamas.folder / "tiny-1")
    text = "Alpacas, 羊驼, 알파카 🦙\n\ttabs and “quotes”"
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text


def test_the_same_seed_gives_the_same_files(tiny_llamas: TinyLlamas, tmp_path: Path):
    tiny_llama.write(tmp_path / "new" / "same", seed=1)
    assert contents(tmp_path / "new" / "same") == contents(tiny_llamas.folder / "tiny-1")


def test_a_folder_that_exists_is_left_alone(tmp_path: Path):
    (tmp_path / "kept").write_text("mine")
    with pytest.raises(BadInput, match="exists already"):
        tiny_llama.write(tmp_path, seed=1)
    assert contents(tmp_path) == {"kept": b"mine"}


def test_words_without_text_are_refused_and_nothing_is_written(tmp_path: Path):
    with pytest.raises(BadInput, match="no words"):
        tiny_llama.write(tmp_path / "x", seed=1, words=" \n")
    assert not contents(tmp_path)


def test_the_command_says_a_mistake_in_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert tiny_llama.main([str(tmp_path)]) == 2
    assert capsys.readouterr().err == (
        f"error: {tmp_path} exists already.\nhint: Name another folder, or remove it first.\n"
    )


def test_the_command_writes_a_checkpoint_that_says_the_words_given(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    words = "Ada counts the alpacas.\nThe alpacas count on Ada."
    assert tiny_llama.main([str(tmp_path / "tiny"), "--seed", "2", "--words", words]) == 0
    assert "parameters, says for example:\n  " in capsys.readouterr().out
    assert "Ada" in reply(tmp_path / "tiny", "Hello")
