"""Backends of contenders are opened once, shared, and opened anew when the contender changes."""

import pytest

from arena.contenders.opened import OpenContenders
from arena.errors import ContenderUnfit
from generation.backends.limits import Limits
from generation.conversation import Sampling
from tests.arena.conftest import scripted


async def test_a_contender_is_opened_once_with_its_sampling_and_limits():
    opened = OpenContenders({})
    contender = scripted("alpaca", limits={"total_s": 5.0})
    contender.sampling, contender.system_prompt = {"temperature": 0.5, "stop": ["###"]}, "Be kind."
    first = opened.get(contender)
    assert first is opened.get(contender)
    assert first.sampling == Sampling(temperature=0.5, stop=("###",))
    assert first.limits == Limits(total_s=5.0)
    assert first.system_prompt == "Be kind."
    await opened.aclose()


async def test_a_changed_contender_is_opened_anew_while_the_former_one_still_answers():
    opened = OpenContenders({})
    contender = scripted("alpaca", reply="Old words.")
    former = opened.get(contender)
    contender.options = {"reply": "New words."}
    assert (await opened.get(contender).backend.complete([], Sampling())).text == "New words."
    assert (await former.backend.complete([], Sampling())).text == "Old words."
    await opened.aclose()


async def test_a_contender_whose_key_is_missing_is_refused_and_opens_once_it_is_there():
    environment: dict[str, str] = {}
    opened = OpenContenders(environment)
    contender = scripted("alpaca")
    contender.api_key_env = "LAB_KEY"
    with pytest.raises(ContenderUnfit, match="LAB_KEY"):
        opened.get(contender)
    environment["LAB_KEY"] = "secret"
    opened.get(contender)
    await opened.aclose()
