"""Lanes: the limit of concurrent replies at each endpoint, and the queue for it.

A lane belongs to an endpoint and is shared by all its contenders. It has as many places as the endpoint's limit allows.
Pure asyncio, within one process.
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
    """How many replies of a contender this process is writing, and how many wait for a place."""

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
        """How many replies wait for a place."""
        return len(self._waiting)

    async def arrive(self) -> AsyncGenerator[int, None]:
        """Yield the position in the queue, from 1, whenever it changes, until a place is taken. Then call `leave`."""
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
                self._notify()
            raise

    def leave(self) -> None:
        """Give the place to the next in the queue."""
        self._taken -= 1
        self._admit()

    def resize(self, places: int) -> None:
        """Change the number of places. Replies that are being written continue."""
        if places != self.places:
            self.places = places
            self._admit()

    def _admit(self) -> None:
        while self._waiting and self._taken < self.places:
            next_one = self._waiting.popleft()
            next_one.admitted = True
            next_one.moved.set()
            self._taken += 1
        self._notify()

    def _notify(self) -> None:
        for waiter in self._waiting:
            waiter.moved.set()


class Lanes:
    """The lanes of all endpoints with a limit. `longest` is the most replies that may wait at one endpoint."""

    def __init__(self, *, longest: int) -> None:
        self._longest = longest
        self._limits = EndpointLimits()
        self._lanes: dict[str, Lane] = {}

    def set_limits(self, contenders: Iterable[Described]) -> None:
        """Read the limits from all contenders that are not retired. May be called from another thread."""
        self._limits = EndpointLimits(contenders)

    def of(self, contender: Described) -> Lane | None:
        """Return the lane of the contender's endpoint, or None where it has no limit."""
        endpoint = Endpoint.of(contender)
        # A contender that was retired during its battle is in no table of limits, so its own limit is read too.
        stated = (self._limits.limit(endpoint.identity), endpoint.stated_limit)
        if not (limits := [limit for limit in stated if limit is not None]):
            return None
        lane = self._lanes.setdefault(endpoint.identity, Lane())
        lane.resize(min(limits))
        return lane

    def full(self) -> set[str]:
        """Return the slugs of contenders whose endpoint has a full queue."""
        full = [identity for identity, lane in [*self._lanes.items()] if lane.num_waiting >= self._longest]
        return {slug for identity in full for slug in self._limits.slugs(identity)}


async def in_lane(lane: Lane, stream: Stream) -> Stream:
    """Yield the positions in the queue, then what `stream` yields. `stream` starts only when a place is free."""
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
