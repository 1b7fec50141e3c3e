"""Errors of votes: everything that is wrong, in one message."""

from leaderboard.errors import BadVotes, LeaderboardError, NotEstimable


def test_bad_votes_list_every_fault_on_a_line_and_end_a_command_as_a_bad_input_does():
    error = BadVotes("These are no votes:", ["row 1: winner is missing", "row 4: `x` meets itself"], hint="Mend them.")
    assert str(error) == "These are no votes:\n  row 1: winner is missing\n  row 4: `x` meets itself"
    assert (error.hint, error.exit_code) == ("Mend them.", 2)


def test_sound_votes_that_say_too_little_are_another_kind_of_end():
    error: LeaderboardError = NotEstimable("Too few votes.")
    assert (str(error), error.hint, error.exit_code) == ("Too few votes.", None, 1)
