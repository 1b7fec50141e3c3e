"""Servers rest after failures, come back by one request, and share the work."""

from generation.backends.registry import open_backend
from generation.servers.servers import Server, Wait, soonest


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
