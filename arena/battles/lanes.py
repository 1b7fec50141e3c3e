"""Lanes: how many replies an endpoint writes at the same time, and who waits for their turn.

A lane belongs to an endpoint, whichever contenders share it; its places are the endpoint's limit. Pure asyncio, in
one process.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field

from arena.battles.race import Stream, Waiting
from arena.contenders.endpoint import Described, Endpoint, EndpointLimits


@dataclass(slots=True)
class Load:
    """Replies of a contender that this process has under way: being written, and waiting for a place."""

    running: int = 0
    waiting: int = 0


@dataclass(slots=True, eq=False)
class _Waiter:
    moved: asyncio.Event = field(default_factory=asyncio.Event)
    admitted: bool = False


class Lane:
    """So many places, given out in the order of arrival."""

    def __init__(self) -> None:
        self.places = 0
        self._taken = 0
        self._waiting: deque[_Waiter] = deque()

    @property
    def num_waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    async def arrive(self) -> AsyncGenerator[int, None]:
        """Yield the position in the queue, from 1, whenever it changes; ends when a place is taken. Then `leave`."""
        if self._taken < self.places:  # then nobody waits: a place that becomes free is given out at once
            self._taken += 1
            return
        me = _Waiter()
        self._waiting.append(me)
        try:
            while not me.admitted:
                yield self._waiting.index(me) + 1
                await me.moved.wait()
                me.moved.clear()
        except BaseException:
            if me.admitted:
                self.leave()
            else:
                self._waiting.remove(me)
                self._tell()
            raise

    def leave(self) -> None:
        """Give the place to the next."""
        self._taken -= 1
        self._admit()

    def resize(self, places: int) -> None:
        """Give out so many places from now on; replies that are being written go on."""
        if places != self.places:
            self.places = places
            self._admit()

    def _admit(self) -> None:
        while self._waiting and self._taken < self.places:
            next_one = self._waiting.popleft()
            next_one.admitted = True
            next_one.moved.set()
            self._taken += 1
        self._tell()

    def _tell(self) -> None:
        for waiter in self._waiting:
            waiter.moved.set()


class Lanes:
    """The lanes of all endpoints with a limit. `longest` is how many may wait at one of them."""

    def __init__(self, *, longest: int) -> None:
        self._longest = longest
        self._limits = EndpointLimits()
        self._lanes: dict[str, Lane] = {}

    def know(self, contenders: Iterable[Described]) -> None:
        """Take the limits from all contenders that are not retired. May be called from another thread."""
        self._limits = EndpointLimits(contenders)

    def of(self, contender: Described) -> Lane | None:
        """Return the lane of the contender's endpoint, or None where it has no limit."""
        endpoint = Endpoint.of(contender)
        # A contender that was retired while its battle goes on is bound by what it states itself.
        stated = (self._limits.limit(endpoint.identity), endpoint.stated_limit)
        if not (limits := [limit for limit in stated if limit is not None]):
            return None
        lane = self._lanes.setdefault(endpoint.identity, Lane())
        lane.resize(min(limits))
        return lane

    def full(self) -> set[str]:
        """Return the contenders for whose endpoint nobody more may wait."""
        full = [identity for identity, lane in [*self._lanes.items()] if lane.num_waiting >= self._longest]
        return {slug for identity in full for slug in self._limits.slugs(identity)}


async def in_lane(lane: Lane, stream: Stream) -> Stream:
    """Yield the positions in the queue, then what `stream` yields. It is not started before its turn."""
    async with aclosing(stream):
        async with aclosing(lane.arrive()) as positions:
            async for position in positions:
                yield Waiting(position)
        try:
            yield Waiting(0)
            async for event in stream:
                yield event
        finally:
            lane.leave()
