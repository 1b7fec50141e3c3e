"""Progress without results, and results with a reason."""

from collections.abc import Callable

import pytest

from arena.campaigns.campaigns import Campaigns
from arena.campaigns.progress import note_look, progress_of, scores_of
from arena.campaigns.raters import Raters
from arena.db.campaign_tables import AnswerStatus
from arena.db.session import Database
from arena.errors import BadConfiguration, CampaignNotReady
from tests.arena.campaigns.test_booklets import judge_all

Opened = Callable[..., tuple]

# What these tests see is the same on both databases; test_booklets, test_judgements and test_campaigns run on both.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_progress_counts_places_and_raters(database: Database, opened: Opened):
    _, keys = opened(6, raters=2, attention=1)
    Raters(database).consent(keys[0], "1")
    judge_all(database, keys[0], most=3)
    progress = progress_of(database, "trial")
    assert progress.answers["one"][AnswerStatus.ANSWERED] == 6
    assert (progress.judged, progress.places, progress.per_hour) == (3, 12, 3)
    assert progress.ends_at
    first, second = progress.raters
    assert (first.judged, first.given, second.given) == (3, 8, 0)
    assert first.last_at


def test_results_are_shown_at_the_end_or_for_a_reason_that_stays(database: Database, opened: Opened):
    _, keys = opened(4, raters=2, repeats=0)
    Raters(database).consent(keys[0], "1")
    judge_all(database, keys[0])
    with pytest.raises(CampaignNotReady):
        scores_of(database, "trial")
    with pytest.raises(BadConfiguration):
        note_look(database, "trial", who="me", reason="  ")
    note_look(database, "trial", who="me", reason="a rater reports nonsense")
    (score,) = scores_of(database, "trial")
    assert (score.first, score.second, score.ties) == ("one", "two", 4)
    (look,) = progress_of(database, "trial").looks
    assert (look.who, look.reason) == ("me", "a rater reports nonsense")


def test_the_end_shows_results_without_a_reason(database: Database, opened: Opened):
    opened(2)
    Campaigns(database).close("trial")
    assert scores_of(database, "trial") == ()
