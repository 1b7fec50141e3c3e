"""Words at a pace: no character of the text is lost between them."""

from hypothesis import given
from hypothesis import strategies as st

from generation.backends.paced import words_of
from generation.backends.text import clean


@given(st.text(alphabet="ab \n\t한\u3000\ud83d\0"))
def test_words_add_up_to_the_cleaned_text_and_each_shows_something_but_the_last(text: str):
    words = words_of(text)
    assert "".join(words) == clean(text)
    assert all(word.strip() for word in words[:-1])
