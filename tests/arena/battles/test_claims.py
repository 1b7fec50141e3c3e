import pytest

from arena.battles.claims import NAME, asks_who, is_claim, is_elliptic_claim, languages, masked, without_quotations

N = NAME


def test_there_are_seventeen_languages_with_english_and_korean():
    assert len(languages()) == 17
    assert {"en", "ko", "de", "fr", "es", "it", "pt", "ru", "zh", "ja", "ar", "hi", "tr"} <= languages().keys()


def test_a_sentence_is_read_without_markup_and_names():
    assert masked("**I’m  Okapi**\n, `yes`", [(6, 12, False)]) == f"i'm {N} , yes"
    assert masked(f"I am {NAME}", []) == "i am"  # nobody else may write the placeholder


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f'"i am {N}," said the painter', '"" said the painter'),
        (f'my name is "{N}"', f'my name is "{N}"'),
        (f"«je suis {N}»", f"«je suis {N}»"),
        (f"「私は{N}です」と言った", '""と言った'),
    ],
)
def test_what_others_say_is_no_claim_of_the_writer(text: str, left: str):
    assert without_quotations(text) == left


def test_claims_and_sentences_without_a_subject():
    assert is_claim(f"i am {N}")
    assert not is_claim(f"{N} is an animal")
    assert is_elliptic_claim(f"made by {N}")
    assert not is_elliptic_claim(f"i like {N}")


@pytest.mark.parametrize(
    "prompt", ["Who are you?", "What's your name?", "넌 누구야?", "你是谁？", "Wer hat dich gebaut?", "Qui es-tu ?"]
)
def test_a_prompt_asks_who_answers(prompt: str):
    assert asks_who(prompt)


@pytest.mark.parametrize(
    "prompt", ["Who painted it?", "What do you think of llamas?", "누가 그렸어?", "谁画的？", "Wer war Goethe?"]
)
def test_a_prompt_asks_for_something_else(prompt: str):
    assert not asks_who(prompt)
