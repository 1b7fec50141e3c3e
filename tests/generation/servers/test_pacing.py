"""Pacing: buckets fill evenly, limits come from headers, servers rest longer each time."""

import pytest

from generation.backends.registry import open_backend
from generation.servers.pacing import Bucket, Pace, seconds
from generation.servers.servers import Server, Wait, soonest


def test_a_minutes_worth_may_go_at_once_and_then_evenly():
    bucket = Bucket(per_minute=60)
    for _ in range(60):
        assert bucket.delay(1, now=0) == 0
        bucket.take(1, now=0)
    assert bucket.delay(1, now=0) == pytest.approx(1)
    assert bucket.delay(1, now=1.5) == 0


def test_a_bucket_without_a_limit_is_never_empty():
    bucket = Bucket()
    bucket.take(1e9, now=0)
    assert bucket.delay(1e9, now=0) == 0


def test_more_than_a_minutes_worth_goes_when_the_bucket_is_full():
    bucket = Bucket(per_minute=100)
    assert bucket.delay(250, now=0) == 0
    bucket.take(250, now=0)
    assert bucket.delay(1, now=0) == pytest.approx(151 * 0.6)


def test_limits_are_learned_from_headers():
    pace = Pace()
    headers = {
        "x-ratelimit-limit-requests": "120",
        "x-ratelimit-remaining-requests": "2",
        "x-ratelimit-limit-tokens": "6000",
        "x-ratelimit-remaining-tokens": "1000",
    }
    assert pace.learn(headers, now=10) == 0
    assert pace.delay(1000, now=10) == 0
    pace.take(1000, now=10)
    assert pace.delay(500, now=10) == pytest.approx(5)
    pace.take(0, now=10)
    assert pace.delay(0, now=10) == pytest.approx(0.5)


def test_a_server_with_nothing_left_rests_until_its_reset():
    headers = {
        "x-ratelimit-limit-requests": "10000",
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "8.64s",
    }
    assert Pace().learn(headers, now=0) == pytest.approx(8.64)


@pytest.mark.parametrize(
    ("text", "expected"), [("6m0s", 360), ("20ms", 0.02), ("12", 12), ("1h2m3.5s", 3723.5), ("soon", 0), ("", 0)]
)
def test_durations_are_read_as_endpoints_write_them(text: str, expected: float):
    assert seconds(text) == pytest.approx(expected)


def server(name: str, concurrency: int = 2) -> Server:
    return Server(name, open_backend("scripted", {"reply": "yes"}), concurrency, first_rest_s=1.0)


def test_a_failing_server_rests_longer_each_time_and_is_tried_with_one_request():
    one = server("a")
    rests = []
    now = 0.0
    for _ in range(3):
        one.take(1, now=now)
        one.failed(rest_s=None, now=now)
        rests.append(one.rests_until - now)
        now = one.rests_until
    assert rests == [1, 2, 4]
    assert one.is_gone
    one.take(1, now=now)
    assert one.delay(1, now=now) is None, "half-open: the second waits for the first"
    one.succeeded(rest_s=0, now=now)
    assert not one.is_gone
    assert one.delay(1, now=now) == 0


def test_failures_at_once_are_one_outage():
    one = server("a", concurrency=5)
    for _ in range(5):
        one.take(1, now=0)
    for _ in range(5):
        one.failed(rest_s=None, now=0.1)
    assert one.outages == 1


def test_the_servers_own_wish_is_granted_within_reason():
    one = server("a")
    one.take(1, now=0)
    one.failed(rest_s=20, now=0)
    assert one.delay(1, now=5) == 15
    other = server("b")
    other.take(1, now=0)
    other.failed(rest_s=86_400, now=0)
    assert other.delay(1, now=0) == 120


def test_a_server_that_never_comes_back_rests_as_long_as_the_longest_rest():
    one = server("one")
    one.outages = 5000
    one.busy = 1
    one.failed(rest_s=None, now=0)
    assert one.rests_until == 30


def test_the_least_busy_server_is_chosen_and_a_resting_one_only_when_no_other_can():
    first, second = server("a"), server("b")
    first.take(1, now=0)
    assert soonest([first, second], 1, now=0) == Wait(second, 0)
    second.take(1, now=0)
    second.failed(rest_s=None, now=0)
    assert soonest([first, second], 1, now=0) == Wait(first, 0)
    first.take(1, now=0)
    assert soonest([first, second], 1, now=0) == Wait(second, 1.0)
    second.take(1, now=0)
    assert soonest([first, second], 1, now=0) is None
