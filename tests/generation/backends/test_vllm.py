"""An engine in this process; runs on a real engine are in `tests/live/test_vllm.py`."""

import pytest

from generation import extras
from generation.backends.registry import open_backend
from generation.extras import MissingExtra


@pytest.mark.skipif(extras.find_spec("vllm") is not None, reason="vLLM is installed")
def test_a_model_in_this_process_asks_for_vllm():
    with pytest.raises(MissingExtra, match="needs vllm, not installed here"):
        open_backend("vllm", {"model": "some/model"})
