import pytest

from arena.contenders.known_families import family_called, family_of_model, known_families, with_identity


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("claude-sonnet-4-5", "Claude"),
        ("gpt-4o-mini", "ChatGPT"),
        ("openai/gpt-oss-20b", "ChatGPT"),
        ("o3", "ChatGPT"),
        ("gemini-2.5-pro", "Gemini"),
        ("google/gemma-3-1b-it", "Gemma"),
        ("meta-llama/Llama-3.2-1B-Instruct", "Llama"),
        ("llama3.2:1b", "Llama"),
        ("Qwen/Qwen2.5-0.5B", "Qwen"),
        ("qwq-32b", "Qwen"),
        ("mistral-small-latest", "Mistral"),
        ("open-mixtral-8x7b", "Mistral"),
        ("deepseek-chat", "DeepSeek"),
        ("grok-4", "Grok"),
        ("command-r-plus", "Command"),
        ("phi-4", "Phi"),
        ("LGAI-EXAONE/EXAONE-3.5-2.4B", "EXAONE"),
        ("HyperCLOVAX-SEED-Text", "HyperCLOVA"),
        ("upstage/SOLAR-10.7B", "Solar"),
        ("runs/my-alpaca", "Alpaca"),
    ],
)
def test_a_model_is_of_a_family_by_its_name(model: str, family: str):
    found = family_of_model(model)
    assert found
    assert found.name == family


@pytest.mark.parametrize("model", ["", "okapi-7b", "philosopher-7b", "solaris", "ollama-helper", "tiny", "yield-1b"])
def test_a_model_of_nobody_we_know(model: str):
    assert family_of_model(model) is None


def test_no_two_families_share_a_name():
    names = [name for family in known_families() for name in {alias.casefold() for alias in family.names}]
    assert len(names) == len(set(names))
    assert family_called("클로드") is family_called("CLAUDE")


def test_identity_is_filled_in_only_where_it_is_missing():
    table = {"slug": "mine", "label": "Mine", "model": "claude-sonnet-4-5", "organisation": "Us"}
    filled = with_identity(table)
    assert (filled["family"], filled["organisation"]) == ("Claude", "Us")
    assert "클로드" in filled["aliases"]
    assert with_identity({"slug": "okapi", "model": "okapi"}) == {"slug": "okapi", "model": "okapi"}
