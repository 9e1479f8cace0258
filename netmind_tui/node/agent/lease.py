"""Devices lent to whoever measures: drained first, held, and given back or taken back."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from netmind_tui.node.agent import told
from netmind_tui.node.agent.holding import Holding, Holdings
from netmind_tui.node.agent.news import News

LEASE_S = 4 * 3600.0


class Leases:
    """All of them.

    Args:
        news: where measurements are told.
        again: decides anew, and acts.
    """

    def __init__(self, news: News, again: Callable[[], Awaitable[None]]) -> None:
        self._news = news
        self._again = again
        self._holdings = Holdings()
        self._drained = asyncio.Condition()

    def wanted(self, device: str) -> bool:
        """Whether somebody waits for a device."""
        return self._holdings.wanted(device)

    def held(self, device: str) -> bool:
        """Whether somebody measures a device."""
        return self._holdings.held(device)

    def of(self, device: str) -> Holding | None:
        """The measurement of a device."""
        return self._holdings.of(device)

    def end_overdue(self, now_s: float) -> None:
        """Take back what was held for too long."""
        for late in self._holdings.overdue(now_s, LEASE_S):
            why = f": for {told.length(LEASE_S)}, which is as long as one may"
            told.measuring(self._news, late.devices, late.who, begins=False, more=why)
            if not late.over.done():
                late.over.set_result(f"{' '.join(late.devices)} was held{why[1:]}")

    def grant(self, free: frozenset[str], now_s: float) -> bool:
        """Give devices to those who wait for them, where they are free; whether somebody got some."""
        granted = self._holdings.grant(free, now_s)
        for each in granted:
            told.measuring(self._news, each.devices, each.who, begins=True)
        return bool(granted)

    async def tell_granted(self) -> None:
        """Have those who wait look whether they got theirs."""
        async with self._drained:
            self._drained.notify_all()

    @asynccontextmanager
    async def lease(self, names: tuple[str, ...], who: str) -> AsyncIterator[tuple[str, ...]]:
        """Devices for a measurement, once nothing works on them."""
        number = self._holdings.ask(names, who)
        try:
            await self._again()
            async with self._drained:
                await self._drained.wait_for(lambda: self._holdings[number].is_held)
            yield names
        finally:
            holding = self._holdings.give_back(number)
            if holding is not None and holding.is_held:
                told.measuring(self._news, holding.devices, holding.who, begins=False)
            await self._again()

    async def ends(self, devices: tuple[str, ...]) -> str:
        """Wait until a lease is over before its asker ends it; why, in a sentence."""
        holding = self._holdings.of(devices[0]) if devices else None
        if holding is None:
            return "it was taken back"
        return await asyncio.shield(holding.over)
