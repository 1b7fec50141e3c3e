"""Backends by name: each kind opens what it says, and an unknown one is told the kinds that there are."""

import pytest

from generation.backends.openai import OpenAIBackend
from generation.backends.options import KINDS, options_of
from generation.backends.registry import open_backend
from generation.backends.routed import RoutedBackend
from generation.declared_tables import keys_of
from generation.errors import BadInput

URL = "http://127.0.0.1:9/v1"


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "vllm"])  # which needs its package even for this
def test_every_kind_judges_its_own_options_before_it_opens_anything(kind: str):
    with pytest.raises(BadInput) as refusal:
        open_backend(kind, {"no_such_option": 1})
    known = ", ".join(keys_of(options_of(kind)))
    assert f"no_such_option: is not a key here; known: {known}" in refusal.value.faults


async def test_several_addresses_are_shared_out_and_one_is_asked_by_itself():
    one = open_backend("openai", {"url": URL, "model": "m"})
    several = open_backend("openai", {"urls": [URL, "http://127.0.0.1:10/v1"], "model": "m"})
    assert (type(one), type(several)) == (OpenAIBackend, RoutedBackend)
    await one.aclose()
    await several.aclose()


def test_an_unknown_kind_is_told_the_kinds_that_there_are():
    with pytest.raises(BadInput, match="`llamacpp` is not a backend") as refusal:
        open_backend("llamacpp", {})
    assert all(kind in (refusal.value.hint or "") for kind in KINDS)
