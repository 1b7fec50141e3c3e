"""The models that an endpoint lists are read, however the list comes; what is no whole list lists nothing."""

import json

import pytest

from arena.contenders.endpoint import Endpoint
from arena.contenders.endpoint_models import MAX_BYTES, ListedModel, models_of
from generation.backends.reach import Reach
from tests.endpoints.sending_server import sending

MODELS = (ListedModel("llama3.2", 8192), *(ListedModel(f"qwen3:{size}b") for size in range(200)))
LIST = json.dumps({"data": [{"id": model.name, "max_model_len": model.context_size} for model in MODELS]}).encode()


@pytest.mark.parametrize("compressed", [False, True])
async def test_a_list_in_two_parts_is_a_list(compressed: bool):
    async with sending(LIST[:40], LIST[40:], compressed=compressed) as url:
        assert [*(await models_of(Endpoint.at(url), {}, reach=Reach())).values()] == [MODELS]


@pytest.mark.parametrize(
    ("parts", "cut"),
    [((LIST, b" " * MAX_BYTES), False), ((LIST,), True), ((LIST[:40],), False), ((b"[" * 100_000,), False)],
    ids=["more than is read", "cut off", "half of it", "nested without end"],
)
async def test_what_is_no_whole_list_lists_nothing(parts: tuple[bytes, ...], cut: bool):
    async with sending(*parts, cut=cut) as url:
        assert [*(await models_of(Endpoint.at(url), {}, reach=Reach())).values()] == [()]


@pytest.mark.parametrize(
    ("entry", "size"),
    [
        ({"max_model_len": 4096}, 4096),  # vLLM
        ({"context_length": 131072}, 131072),  # OpenRouter, Together
        ({"context_window": 8192}, 8192),  # Groq
        ({"loaded_context_length": 4096, "max_context_length": 32768}, 4096),  # LM Studio
        ({"meta": {"n_ctx_train": 2048}}, 2048),  # llama.cpp's server, if it tells no more
        ({"max_model_len": -1}, None),
        ({"max_model_len": True}, None),
        ({"meta": "big"}, None),
    ],
)
async def test_the_context_is_read_whatever_it_is_called(entry: dict[str, object], size: int | None):
    async with sending(json.dumps({"data": [{"id": "m", **entry}]}).encode()) as url:
        assert [*(await models_of(Endpoint.at(url), {}, reach=Reach())).values()] == [(ListedModel("m", size),)]


async def test_llama_cpps_server_tells_the_context_that_it_was_started_with():
    both = {
        "data": [{"id": "m", "owned_by": "llamacpp", "meta": {"n_ctx_train": 131072}}],
        "default_generation_settings": {"n_ctx": 2048},
    }
    async with sending(json.dumps(both).encode()) as url:
        assert [*(await models_of(Endpoint.at(f"{url}/v1"), {}, reach=Reach())).values()] == [(ListedModel("m", 2048),)]
