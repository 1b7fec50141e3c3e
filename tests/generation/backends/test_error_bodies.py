"""Whatever shape an error has, its sentence, its codes and its status are found."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generation.backends.error_bodies import ErrorBody, states_error

BODIES = [
    ({"error": {"message": "Slow down.", "code": "429"}}, "Slow down.", 429),
    ({"error": {"message": "Slow down.", "code": 429}}, "Slow down.", 429),
    ({"error": {"message": "Busy.", "type": "overloaded_error"}}, "Busy.", 529),
    ([{"error": {"code": 503, "message": "Busy.", "status": "UNAVAILABLE"}}], "Busy.", 503),
    ('[{"error": {"code": 503, "message": "Busy."}}]', "Busy.", 503),
    ({"error": "No such model"}, "No such model", None),
    ({"detail": "Not Found"}, "Not Found", None),
    ({"detail": [{"loc": ["body", "x"], "msg": "Field required"}]}, "Field required", None),
    ({"object": "error", "message": "Too long.", "code": 400}, "Too long.", 400),
    ({"errors": [{"code": 7009, "message": "Upstream."}]}, "Upstream.", None),
    ({"message": "Too many.", "__type": "x", "code": "ThrottlingException"}, "Too many.", 429),
    (
        {"error": {"message": '{"error": {"message": "Inner.", "code": 429}}'}},
        '{"error": {"message": "Inner.", "code": 429}}',
        None,
    ),
    ("Out of order", "Out of order", None),
    ("", "", None),
]


@pytest.mark.parametrize(("body", "message", "status"), BODIES)
def test_the_sentence_and_the_status_are_found(body: object, message: str, status: int | None):
    told = ErrorBody.of(body)
    assert (told.message, told.status) == (message, status)


@pytest.mark.parametrize("status", [True, 200, 600, "42", "nine", 429.5, None])
def test_a_status_that_is_none_is_none(status: object):
    assert ErrorBody.of({"error": {"code": status}}).status is None


def test_a_wish_to_wait_is_read_from_the_body_too():
    assert ErrorBody.of({"error": {"details": [{"retryDelay": "34s"}]}}).retry_after_s == 34
    assert ErrorBody.of({"error": {"message": "Please try again in 1.5s."}}).retry_after_s == 1.5


@pytest.mark.parametrize(
    ("chunk", "is_error"),
    [
        ({"choices": []}, False),
        ({"choices": [], "message": "x", "code": "y"}, False),
        ({"object": "chat.completion.chunk"}, False),
        ({"type": "ping"}, False),
        ({"error": None, "id": "x"}, False),
        ({"error": "died"}, True),
        ({"type": "error"}, True),
        ({"code": "X", "message": "died"}, True),
        ({"detail": "Not Found"}, True),
    ],
)
def test_an_error_is_told_from_a_part_of_a_reply(chunk: dict[str, object], is_error: bool):
    assert states_error(chunk) is is_error


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["error", "code", "message", "detail", "status", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=80)
@given(ANYTHING)
def test_nothing_makes_it_fail(body: object):
    assert isinstance(ErrorBody.of(body).message, str)
