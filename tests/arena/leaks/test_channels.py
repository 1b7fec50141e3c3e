import numpy as np
import pytest

from arena.leaks.channels import CHANNELS, WORDS, SeenReply


def seen(text: str, **more: float) -> SeenReply:
    return SeenReply("somebody", "Hello?", text, **more)  # type: ignore[arg-type]


def test_words_are_counted_whatever_their_order_and_case_and_rows_have_length_one():
    rows = CHANNELS["text"]([seen("the cat sat"), seen("The CAT sat"), seen("sat"), seen("")]).toarray()
    assert rows.shape == (4, WORDS)
    assert np.array_equal(rows[0], rows[1])
    assert np.linalg.norm(rows, axis=1) == pytest.approx([1, 1, 1, 0])


def test_each_channel_sees_its_own_thing_only():
    plain, marked = (
        seen("a b c d", first_token_s=1.0, duration_s=2.0),
        seen("a b c d", first_token_s=9.0, duration_s=2.0),
    )
    bold, short = seen("**a b c** d"), seen("abcdefg")
    for channel, alike, other in (
        ("timing", (plain, seen("w x y z", first_token_s=1.0, duration_s=2.0)), marked),
        ("length", (plain, marked), bold),
        ("format", (plain, marked), bold),
        ("text", (plain, marked), short),
    ):
        rows = CHANNELS[channel]([*alike, other]).toarray()
        assert np.array_equal(rows[0], rows[1]), channel
        assert not np.array_equal(rows[0], rows[2]), channel


@pytest.mark.parametrize("channel", CHANNELS)
def test_nothing_seen_and_unknown_times_are_no_trouble(channel: str):
    assert CHANNELS[channel]([]).shape[0] == 0
    assert np.isfinite(CHANNELS[channel]([seen(""), seen("x" * 10_000)]).toarray()).all()
