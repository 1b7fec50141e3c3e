"""How many findings stand out."""

import numpy as np

from leaderboard.suspicion.levels import discoveries


def test_where_nobody_cheats_hardly_ever_does_anybody_stand_out():
    rng = np.random.default_rng(1)
    runs = [discoveries(rng.random(1000), false_share=0.1, at_most=0.01).any() for _ in range(400)]
    assert 0.05 < np.mean(runs) < 0.15


def test_among_those_who_stand_out_few_are_innocent():
    rng = np.random.default_rng(2)
    shares = []
    for _ in range(100):
        chance = np.append(rng.random(1000), 1e-6 * rng.random(30))
        found = discoveries(chance, false_share=0.1, at_most=0.01)
        assert found[1000:].all()
        shares.append(found[:1000].sum() / found.sum())
    assert np.mean(shares) < 0.12


def test_however_many_cheat_a_large_chance_never_stands_out():
    chance = np.append(np.full(10, 0.02), np.full(90, 1e-9))
    assert not discoveries(chance, false_share=0.1, at_most=0.01)[:10].any()
    assert discoveries(np.empty(0), false_share=0.1, at_most=0.01).shape == (0,)
