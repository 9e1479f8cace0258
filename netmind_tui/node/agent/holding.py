"""Devices that are held for a measurement: asked for, drained, then held until they are given back."""

import asyncio
import itertools
from dataclasses import dataclass, field


@dataclass(slots=True, eq=False)
class Holding:
    """One measurement's devices; ``is_held`` once nothing works on them. ``who`` is shown.

    ``over`` gets the sentence that ends it before its asker does; ``since_s`` is when it was granted.
    """

    devices: tuple[str, ...]
    who: str
    is_held: bool = False
    since_s: float = 0.0
    over: "asyncio.Future[str]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())


@dataclass(slots=True)
class Holdings:
    """All of them; a device may be asked for by several and is held by one."""

    _all: dict[int, Holding] = field(default_factory=dict)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def ask(self, devices: tuple[str, ...], who: str) -> int:
        """Want devices; the number gives them back."""
        number = next(self._numbers)
        self._all[number] = Holding(devices, who)
        return number

    def __getitem__(self, number: int) -> Holding:
        return self._all[number]

    def give_back(self, number: int) -> Holding | None:
        """End one; ``None`` where it was taken back before."""
        return self._all.pop(number, None)

    def wanted(self, device: str) -> bool:
        """Whether somebody waits for a device."""
        return any(device in each.devices and not each.is_held for each in self._all.values())

    def held(self, device: str) -> bool:
        """Whether somebody holds a device."""
        return any(device in each.devices and each.is_held for each in self._all.values())

    def of(self, device: str) -> Holding | None:
        """The measurement that holds a device."""
        return next((each for each in self._all.values() if each.is_held and device in each.devices), None)

    def overdue(self, now_s: float, longest_s: float) -> tuple[Holding, ...]:
        """Take those back that have been held for too long."""
        found = {
            number: each for number, each in self._all.items() if each.is_held and now_s - each.since_s > longest_s
        }
        for number in found:
            del self._all[number]
        return tuple(found.values())

    def grant(self, free: frozenset[str], now_s: float = 0.0) -> tuple[Holding, ...]:
        """Give those their devices whose devices are all free and held by nobody, the oldest first."""
        granted = []
        for each in self._all.values():
            if not each.is_held and all(name in free and not self.held(name) for name in each.devices):
                each.is_held, each.since_s = True, now_s
                granted.append(each)
        return tuple(granted)
