"""The notice that voters agree to before their first prompt: its text, put together from the catalogue and settings."""

import math
from collections.abc import Sequence

from arena.settings import Settings
from arena.voters.consent import ConsentNotice
from arena.voters.permissions import Choices
from arena.web.texts import say

SWITCHES = ("battle", "vote", "text")  # the fields of `Choices`, in the order of the panel


def notice_points(settings: Settings) -> Sequence[str]:
    """Return what is stored, where it goes, for how long, and what voters can do, one sentence or two each."""
    points = [
        say("consent.stored"),
        say("consent.sent"),
        say("consent.shown") if settings.publish_conversations else say("consent.not_shown"),
        say(
            "consent.periods",
            voted=_period(settings.keep_texts_days),
            unvoted=_period(settings.keep_unvoted_texts_days),
            refused=_period(settings.keep_refused_days),
            voters=_period(settings.keep_voters_days),
        ),
        say("consent.count_stays") if settings.erased_votes == "count" else say("consent.count_goes"),
        say("consent.rights"),
        say("consent.refusal"),
    ]
    return [*points, say("consent.contact", contact=settings.contact)] if settings.contact else points


def notice_of(settings: Settings) -> ConsentNotice | None:
    """Return the notice of an arena, or None where voters are not asked."""
    if not settings.ask_consent:
        return None
    switches = [say(f"consent.{name}.{part}") for name in SWITCHES for part in ("label", "about")]
    return ConsentNotice("\n".join([say("consent.lead"), *switches, *notice_points(settings)]))


def choices_in(words: Sequence[str]) -> Choices:
    """Return the choices whose switches are named."""
    return Choices(**{name: name in words for name in SWITCHES})


def _period(days: float) -> str:
    return say("consent.no_end") if math.isinf(days) else say("consent.days", count=max(1, round(days)))
