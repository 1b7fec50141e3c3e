"""Pacing: buckets fill evenly, limits come from headers, servers rest longer each time."""

import pytest

from generation.servers.pacing import Bucket, Pace, seconds


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
