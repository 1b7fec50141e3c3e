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
