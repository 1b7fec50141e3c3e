"""Token counts without a tokenizer: as near as the docstring says, on the texts that the figures were fitted to."""

import pytest

from generation.conversation import Message
from generation.seed_tasks import SeedLanguage, load_seed_tasks
from generation.token_counts import count_prompt_tokens, count_tokens


@pytest.mark.parametrize(("language", "characters_a_token"), [("en", 3.99), ("ko", 1.57)])
def test_characters_a_token_are_those_of_the_vocabulary(language: SeedLanguage, characters_a_token: float):
    text = "\n".join(
        f"{task.instruction}\n{case.input}\n{case.output}"
        for task in load_seed_tasks(language)
        for case in task.instances
    )
    assert len(text) / count_tokens(text) == pytest.approx(characters_a_token, rel=0.03)


def test_each_message_of_a_prompt_costs_more_than_its_text():
    hello = Message("user", "Hello there")
    assert count_prompt_tokens([hello, hello]) == 2 * count_prompt_tokens([hello]) > 2 * count_tokens(hello.content)
