"""Lanes: so many replies at a time at an endpoint, and a queue in which voters see their place but nobody's name."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace

import pytest

from arena.battles.battles import Battles
from arena.battles.lanes import Lane, Lanes, in_lane
from arena.battles.race import Waiting
from arena.contenders.opened import OpenContenders
from arena.db.session import Database
from arena.db.states import ContenderStatus
from arena.db.tables import Contender
from arena.errors import TooBusy
from arena.settings import Settings
from generation.conversation import End, Piece
from tests.arena.conftest import STRANGER, VOTER, scripted

URL = "http://127.0.0.1:9/v1"


def lane(places: int) -> Lane:
    made = Lane()
    made.places = places
    return made


async def speak(until: asyncio.Event) -> AsyncGenerator[Piece | End, None]:
    yield Piece("word")
    await until.wait()
    yield End("stop")


async def listen(lane: Lane, until: asyncio.Event, heard: list[object]) -> None:
    async for event in in_lane(lane, speak(until)):
        heard += [event]


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_those_who_wait_move_up_and_are_served_in_their_order():
    narrow = lane(1)
    ends = [asyncio.Event() for _ in range(3)]
    heard: list[list[object]] = [[], [], []]
    tasks = []
    for end, events in zip(ends, heard, strict=True):
        tasks.append(asyncio.create_task(listen(narrow, end, events)))
        await settle()
    assert heard == [[Waiting(0), Piece("word")], [Waiting(1)], [Waiting(2)]]
    ends[0].set()
    await settle()
    assert heard[1:] == [[Waiting(1), Waiting(0), Piece("word")], [Waiting(2), Waiting(1)]]
    ends[1].set()
    ends[2].set()
    await asyncio.gather(*tasks)
    assert heard[2] == [Waiting(2), Waiting(1), Waiting(0), Piece("word"), End("stop")]


async def test_nobody_who_comes_later_overtakes_those_who_wait_when_a_limit_is_raised():
    lanes, one = Lanes(longest=9), at("one", URL, limit=1)
    ends, turns, tasks = [asyncio.Event() for _ in range(4)], list[int](), []

    async def take_turn(lane: Lane, number: int) -> None:
        async for event in in_lane(lane, speak(ends[number])):
            turns.extend([number] if event == Piece("word") else [])

    for number in range(4):
        if number == 2:  # one is served and one waits
            one.max_concurrent = 2
        shared = lanes.of(one)
        assert shared is not None
        tasks.append(asyncio.create_task(take_turn(shared, number)))
        await settle()
    for end in ends:
        end.set()
        await settle()
    await asyncio.gather(*tasks)
    assert turns == [0, 1, 2, 3]


async def test_who_gives_up_waiting_leaves_the_queue_and_takes_no_place():
    narrow, end = lane(1), asyncio.Event()
    heard: list[list[object]] = [[], [], []]
    tasks = []
    for events in heard:
        tasks.append(asyncio.create_task(listen(narrow, end, events)))
        await settle()
    tasks[1].cancel()
    await settle()
    assert heard[2] == [Waiting(2), Waiting(1)]
    assert narrow.num_waiting == 1
    end.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert heard[2][-1] == End("stop")
    assert narrow.num_waiting == 0


async def test_who_leaves_just_as_their_turn_comes_gives_the_place_to_the_next():
    narrow, end = lane(1), asyncio.Event()
    async for _ in narrow.arrive():
        raise AssertionError("nobody else is there")
    heard: list[list[object]] = [[], []]
    tasks = []
    for events in heard:
        tasks.append(asyncio.create_task(listen(narrow, end, events)))
        await settle()
    narrow.leave()
    tasks[0].cancel()  # before it could hear that the place is its own
    await settle()
    assert heard[0] == [Waiting(1)]
    assert heard[1][-2:] == [Waiting(0), Piece("word")]
    end.set()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_stream_that_breaks_off_gives_its_place_back():
    narrow = lane(1)
    async with aclosing(in_lane(narrow, speak(asyncio.Event()))) as events:
        async for event in events:
            if isinstance(event, Piece):
                break
    heard: list[object] = []
    end = asyncio.Event()
    end.set()
    await listen(narrow, end, heard)
    assert heard == [Waiting(0), Piece("word"), End("stop")]


def at(slug: str, *addresses: str, limit: int | None = None) -> Contender:
    """Return a contender that answers at these addresses."""
    made = scripted(slug)
    made.options = {"url": addresses[0]} if len(addresses) == 1 else {"urls": [*addresses]}
    made.max_concurrent = limit
    return made


async def test_contenders_of_one_endpoint_share_its_places_and_others_have_none_to_share():
    lanes = Lanes(longest=1)
    one, other, free = at("one", URL, limit=1), at("other", URL, limit=1), scripted("free")
    lanes.set_limits([one, other, free])
    assert lanes.of(one) is lanes.of(other)
    assert lanes.of(free) is None
    shared = lanes.of(one)
    assert shared is not None
    end, heard = asyncio.Event(), list[object]()
    tasks = [asyncio.create_task(listen(shared, end, heard)) for _ in range(2)]
    await settle()
    assert lanes.full() == {"one", "other"}
    end.set()
    await asyncio.gather(*tasks)
    assert lanes.full() == set()


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_the_smallest_limit_of_an_endpoint_holds_for_all_of_its_contenders_in_any_order(order: tuple[int, ...]):
    sharing = [at("one", URL, limit=1), at("eight", URL, limit=8), at("silent", URL)]
    lanes = Lanes(longest=1)
    lanes.set_limits([sharing[place] for place in order])
    assert [lane.places for place in (*order, *order) if (lane := lanes.of(sharing[place]))] == [1] * 6


def test_servers_named_in_another_order_are_one_endpoint():
    one, other = at("one", URL, "http://gpu2:8000/v1", limit=3), at("other", "http://gpu2:8000/v1", URL, limit=3)
    lanes = Lanes(longest=1)
    lanes.set_limits([one, other])
    assert lanes.of(one) is lanes.of(other)


async def test_a_limit_that_grows_lets_those_who_wait_begin():
    narrow, end = lane(1), asyncio.Event()
    heard: list[list[object]] = [[], []]
    tasks = []
    for events in heard:
        tasks.append(asyncio.create_task(listen(narrow, end, events)))
        await settle()
    assert heard[1] == [Waiting(1)]
    narrow.resize(2)
    await settle()
    assert heard[1] == [Waiting(1), Waiting(0), Piece("word")]
    end.set()
    await asyncio.gather(*tasks)


async def test_a_battle_knows_the_limits_of_contenders_that_it_does_not_ask(
    database: Database, open_contenders: OpenContenders, settings: Settings, enter: Callable[..., None]
):
    a, b = scripted("a"), scripted("b")
    strict = at("strict", URL, limit=2)
    strict.status = ContenderStatus.PAUSED
    enter(a, b, strict)
    battles = Battles(database, open_contenders, settings=settings)
    view = await battles.open_battle(VOTER, "Hello")
    async with aclosing(battles.watch(view.handle, VOTER)) as views:
        async for _ in views:
            pass
    lane = battles._lanes.of(at("newcomer", URL))
    assert lane is not None
    assert lane.places == 2
    await battles.aclose()


async def test_the_voter_sees_a_place_in_the_queue_and_not_which_side_waits(
    database: Database, open_contenders: OpenContenders, settings: Settings, enter: Callable[..., None]
):
    endless = {"match": "^Talk", "reply": "x " * 5000, "tokens_per_s": 60}
    narrow, wide = scripted("narrow", reply="Quick.", rules=[endless]), scripted("wide")
    narrow.max_concurrent = 1
    enter(narrow, wide)
    battles = Battles(database, open_contenders, settings=replace(settings, max_queued=1))
    first = await battles.open_battle(VOTER, "Talk")
    talking = asyncio.Event()

    async def watch_the_first() -> None:
        async for view in battles.watch(first.handle, VOTER):
            if all(view.turns[0].reply(side).text for side in "ab"):
                talking.set()

    watching = asyncio.create_task(watch_the_first())
    await talking.wait()
    second = await battles.open_battle(STRANGER, "Hello")
    positions = []
    async with aclosing(battles.watch(second.handle, STRANGER)) as views:
        async for view in views:
            positions.append(view.queue_position)
            if view.queue_position:
                with pytest.raises(TooBusy, match="busy at the moment"):  # one waits already, and no more may
                    await battles.open_battle("c" * 64, "Hello")
                await battles.stop(first.handle, VOTER)
    assert 1 in positions
    assert view.votable
    await watching
    await battles.aclose()
