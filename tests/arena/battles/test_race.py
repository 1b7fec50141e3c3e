import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

import pytest

from arena.battles import race as races
from arena.battles.race import LiveReply, Race
from arena.db.states import ReplyStatus, Side
from generation.conversation import End, Piece
from generation.errors import ServerFault

Stream = AsyncGenerator[Piece | End, None]


class Speaker:
    """A stream whose words come when the test says so, and that tells when it was closed."""

    def __init__(self) -> None:
        self.words: asyncio.Queue[Piece | End | Exception] = asyncio.Queue()
        self.closed = asyncio.Event()

    def say(self, *texts: str) -> None:
        for text in texts:
            self.words.put_nowait(Piece(text))

    def end(self, finish_reason: str = "stop") -> None:
        self.words.put_nowait(End(finish_reason))

    def fail(self, error: Exception) -> None:
        self.words.put_nowait(error)

    async def stream(self) -> Stream:
        try:
            while True:
                word = await self.words.get()
                if isinstance(word, Exception):
                    raise word
                yield word
                if isinstance(word, End):
                    return
        finally:
            self.closed.set()


class Ends:
    """Keeps what a race reports at its ends."""

    def __init__(self) -> None:
        self.stored: dict[Side, LiveReply] = {}
        self.done = False

    async def on_end(self, side: Side, reply: LiveReply) -> None:
        await asyncio.sleep(0.01)  # as a database takes its time
        self.stored[side] = reply

    def on_done(self) -> None:
        self.done = True


@pytest.fixture
def ends() -> Ends:
    return Ends()


def start(a: Callable[[], Stream], b: Callable[[], Stream], ends: Ends) -> Race:
    return Race({"a": a, "b": b}, on_end=ends.on_end, on_done=ends.on_done)


async def watch_to_the_end(race: Race) -> list[tuple[str, str]]:
    return [(race.replies["a"].text, race.replies["b"].text) async for _ in race.watch()]


async def test_each_side_goes_at_its_own_pace(ends: Ends):
    fast, slow = Speaker(), Speaker()
    race = start(fast.stream, slow.stream, ends)
    fast.say("all ", "of it")
    fast.end()
    async with aclosing(race.watch()) as changes:
        async for _ in changes:
            if race.replies["a"].status is ReplyStatus.FINISHED:
                break
    assert race.replies["a"].text == "all of it"
    assert race.replies["b"].status is ReplyStatus.STREAMING
    slow.say("late")
    slow.end("length")
    await watch_to_the_end(race)
    assert ends.stored["b"].finish_reason == "length"
    assert ends.done


async def test_a_failing_side_does_not_stop_the_other(ends: Ends):
    good, bad = Speaker(), Speaker()
    race = start(good.stream, bad.stream, ends)
    bad.say("half a ")
    bad.fail(ServerFault("boom"))
    good.say("whole")
    good.end()
    await watch_to_the_end(race)
    assert ends.stored["a"].status is ReplyStatus.FINISHED
    failed = ends.stored["b"]
    assert (failed.status, failed.text, failed.failure) == (ReplyStatus.FAILED, "half a ", "server_fault")


async def test_a_bug_on_one_side_is_a_failure_of_that_side_only(ends: Ends, caplog: pytest.LogCaptureFixture):
    good, buggy = Speaker(), Speaker()
    race = start(good.stream, buggy.stream, ends)
    buggy.fail(ZeroDivisionError("ours"))
    good.say("fine")
    good.end()
    await watch_to_the_end(race)
    assert ends.stored["a"].status is ReplyStatus.FINISHED
    assert ends.stored["b"].failure == "bug"
    assert "ZeroDivisionError" in caplog.text


async def test_stopping_closes_both_streams_and_keeps_what_was_said(ends: Ends):
    one, other = Speaker(), Speaker()
    race = start(one.stream, other.stream, ends)
    one.say("so far")
    await asyncio.sleep(0.01)
    await race.stop(ReplyStatus.STOPPED)
    assert one.closed.is_set()
    assert other.closed.is_set()
    assert {reply.status for reply in ends.stored.values()} == {ReplyStatus.STOPPED}
    assert ends.stored["a"].text == "so far"
    assert not race.running


async def test_stopping_at_once_still_stores_both_ends(ends: Ends):
    race = start(Speaker().stream, Speaker().stream, ends)
    await race.stop(ReplyStatus.STOPPED)
    assert set(ends.stored) == {"a", "b"}


async def test_stopping_twice_stores_each_end_once_and_leaves_a_finished_side_alone(ends: Ends):
    done, open_ = Speaker(), Speaker()
    race = start(done.stream, open_.stream, ends)
    done.say("done")
    done.end()
    await asyncio.sleep(0.002)  # the finished side is being stored now
    await asyncio.gather(race.stop(ReplyStatus.STOPPED), race.stop(ReplyStatus.INTERRUPTED))
    assert ends.stored["a"].status is ReplyStatus.FINISHED
    assert ends.stored["b"].status is ReplyStatus.STOPPED


async def test_a_race_nobody_watches_is_interrupted(ends: Ends, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(races, "PATIENCE_S", 0.1)
    one, other = Speaker(), Speaker()
    race = start(one.stream, other.stream, ends)
    async with aclosing(race.watch()) as changes:
        await anext(changes)
    await asyncio.wait_for(asyncio.gather(one.closed.wait(), other.closed.wait()), 60)
    await watch_to_the_end(race)
    assert {reply.status for reply in ends.stored.values()} == {ReplyStatus.INTERRUPTED}


async def test_a_race_waits_for_a_first_watcher_who_is_slow_to_come(ends: Ends, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(races, "PATIENCE_S", 0.1)
    monkeypatch.setattr(races, "ARRIVAL_S", 30)
    one, other = Speaker(), Speaker()
    race = start(one.stream, other.stream, ends)
    await asyncio.sleep(0.6)
    assert race.running
    await race.stop(ReplyStatus.STOPPED)


async def test_a_watched_race_may_be_silent_for_longer_than_an_absent_watcher_may(
    ends: Ends, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(races, "PATIENCE_S", 0.3)
    monkeypatch.setattr(races, "SILENCE_S", 0.05)
    slow, other = Speaker(), Speaker()
    race = start(slow.stream, other.stream, ends)

    async def speak_late() -> None:
        await asyncio.sleep(1)
        for speaker in (slow, other):
            speaker.say("at last")
            speaker.end()

    speaking = asyncio.create_task(speak_late())
    views = await watch_to_the_end(race)
    await speaking
    assert len(views) > 4  # the silence itself was told
    assert ends.stored["a"].text == "at last"


async def test_two_watchers_see_the_same_text(ends: Ends):
    one, other = Speaker(), Speaker()
    race = start(one.stream, other.stream, ends)
    watchers = [asyncio.create_task(watch_to_the_end(race)) for _ in range(2)]
    await asyncio.sleep(0.01)
    for word in ("a ", "b ", "c"):
        one.say(word)
        await asyncio.sleep(0.15)
    one.end()
    other.end()
    first, second = await asyncio.gather(*watchers)
    assert ("a b ", "") in first
    assert ("a b ", "") in second


async def test_many_small_pieces_become_few_changes(ends: Ends):
    one, other = Speaker(), Speaker()
    race = start(one.stream, other.stream, ends)

    async def chatter() -> None:
        for _ in range(100):
            one.say("x")
            await asyncio.sleep(0)
        one.end()
        other.end()

    talking = asyncio.create_task(chatter())
    views = await watch_to_the_end(race)
    await talking
    assert ends.stored["a"].num_pieces == 100
    assert len(views) < 20


def test_thinking_is_heard_apart_and_text_that_was_thinking_is_taken_back():
    live = LiveReply()
    for piece in (Piece("", "Hm. "), Piece("So. "), Piece("", "Yes.", recalls=True), Piece("Hello")):
        live.add(piece)
    assert (live.reasoning, live.text, live.num_pieces) == ("Hm. So. Yes.", "Hello", 1)
