"""What happens, for those who follow it: each has a short queue, and one who does not keep up loses the oldest."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")


class Stream(Generic[T]):
    """Hands each thing to all who follow, on one loop. ``most`` is how many may wait for one of them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._followers: list[_Queue[T]] = []

    @property
    def is_followed(self) -> bool:
        """Whether anybody follows now."""
        return bool(self._followers)

    def put(self, thing: T) -> None:
        """Hand it out."""
        for each in self._followers:
            each.put(thing)

    @contextmanager
    def follow(self) -> Iterator[AsyncIterator[T]]:
        """All that comes from now on."""
        queue: _Queue[T] = _Queue(self._most)
        self._followers.append(queue)
        try:
            yield queue.things()
        finally:
            self._followers.remove(queue)


class _Queue(Generic[T]):
    def __init__(self, most: int) -> None:
        self._things: deque[T] = deque(maxlen=most)
        self._there = asyncio.Event()

    def put(self, thing: T) -> None:
        self._things.append(thing)
        self._there.set()

    async def things(self) -> AsyncIterator[T]:
        while True:
            await self._there.wait()
            while self._things:
                yield self._things.popleft()
            self._there.clear()
