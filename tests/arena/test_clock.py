from datetime import timedelta

from arena.clock import now


def test_stored_times_carry_their_zone_which_is_utc():
    assert now().utcoffset() == timedelta(0)
