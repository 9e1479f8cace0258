"""Holds cards to the owner's power cap while work runs there, and gives each its own limit back.

The limit that a card had is on the disk before another one is set, so that it comes back whatever becomes of this
process: at the next start at the latest. Whoever else changes a limit meanwhile has the last word. Everything here
blocks, and is called off the loop, one at a time.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from netmind_tui import document
from netmind_tui.certify import private_file
from netmind_tui.model.device import Device
from netmind_tui.model.event import EventKind
from netmind_tui.model.power_limit import LimitOutcome, PowerLimit
from netmind_tui.model.problem import Problem
from netmind_tui.node.agent.looked import Told
from netmind_tui.node.agent.news import Fact

_log = logging.getLogger(__name__)

LOOK_S = 60.0
"""How often a card that is capped is looked at, and one whose limit could not be given back is tried again."""
_SCHEMA = "netmind.power/1"
_SAME_W = 0.5
_OURS_KEPT = 4
_ECHO_S = 120.0
"""So long may a description of a card be on its way that was made while it was capped."""


class Limiter(Protocol):
    """What sets power limits (``GpuProbe``)."""

    def set_power_limit(self, uuid: str, watts: float | None) -> PowerLimit:
        """Set it, or only read it; never an exception."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """What a card on which work runs is held to; ``watts`` is ``None`` where the owner caps nothing."""

    device: str
    uuid: str
    watts: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A card that is held to a cap: the limit that it had, and those that were set since, the newest first."""

    device: str
    uuid: str
    previous_w: float
    set_w: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Book:
    schema: str = _SCHEMA
    held: tuple[Held, ...] = ()


class PowerCaps:
    """Keeps them.

    ``damaged`` says that the file was there and could not be read (it is kept beside, under another name).

    Args:
        folder: where the file lies.
        cards: sets limits; ``None`` where there is no card.
        clock: monotonic seconds.
    """

    def __init__(self, folder: Path, cards: Limiter | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = folder / "power.json"
        self._cards = cards
        self._clock = clock
        self._one = threading.Lock()
        self.damaged: str | None = None
        self._held: dict[str, Held] = self._read()
        self._let_go: dict[str, tuple[Held, float]] = {}
        self._wanted: dict[str, Cap] = {}
        self._given_up: set[str] = set()
        self._again: set[str] = set()
        self._refused: dict[str, str] = {}
        self._said: set[str] = set()
        self._stuck: dict[str, str] = {}
        self._looked_s = -LOOK_S

    def needs(self, wanted: Mapping[str, Cap]) -> bool:
        """Whether ``keep`` has anything to do; it does not block."""
        if self._cards is None:
            return False
        is_due = self._clock() - self._looked_s >= LOOK_S
        return dict(wanted) != self._wanted or (bool(self._held or self._wanted) and is_due)

    def keep(self, wanted: Mapping[str, Cap]) -> tuple[Told, ...]:
        """Hold these cards to their caps, by UUID, and give every other one its own limit back; what came of it."""
        with self._one:
            self._looked_s = self._clock()
            self._wanted = dict(wanted)
            if self._cards is None:
                return ()
            told: list[Told] = []
            for uuid in [each for each in self._held if _watts(wanted, each) is None]:
                told += self._release(self._held[uuid])
            capped = {uuid for uuid in wanted if _watts(wanted, uuid) is not None}
            self._given_up &= capped  # work that begins anew is capped anew
            self._refused = {uuid: words for uuid, words in self._refused.items() if uuid in capped}
            for uuid in capped - self._given_up:
                told += self._hold(wanted[uuid], wanted[uuid].watts or 0.0)
            return tuple(told)

    def as_owned(self, device: Device) -> Device:
        """A card as it would be without us: with its owner's power limit in the place of our cap; it does not block."""
        held, limit = self._held.get(device.uuid or ""), device.power_limit_w
        if held is None and (echo := self._let_go.get(device.uuid or "")) is not None:
            held = echo[0] if self._clock() - echo[1] < _ECHO_S else None
        if held is None or limit is None or not _is_ours(held, limit):
            return device
        return replace(device, power_limit_w=held.previous_w)

    def warnings(self) -> tuple[str, ...]:
        """What is not as the owner wants it, in sentences."""
        found = [self.damaged] if self.damaged is not None else []
        return (*found, *self._refused.values(), *self._stuck.values())

    def _hold(self, cap: Cap, watts: float) -> list[Told]:
        held = self._held.get(cap.uuid)
        found = self._ask(cap.uuid, None)
        limit = found.power_limit_w
        if not found.is_done or limit is None:
            return self._refuse(cap, watts, found)
        wanted = found.within(watts)
        if held is not None and not _is_ours(held, limit):
            if not _same(limit, held.previous_w) or cap.uuid in self._again:
                return self._give_up(held, limit)
            self._again.add(cap.uuid)  # a driver forgets a limit with its last user; an owner says it again
        if _same(limit, wanted) or (held is None and limit <= wanted):
            self._refused.pop(cap.uuid, None)
            return []
        if held is not None and held.previous_w <= wanted:
            return self._release(held)
        was, new = held, held or Held(device=cap.device, uuid=cap.uuid, previous_w=limit, set_w=())
        new = replace(new, set_w=(wanted, *(each for each in new.set_w if not _same(each, wanted)))[:_OURS_KEPT])
        if (why := self._write(new)) is not None:
            return self._refuse(cap, watts, replace(found, outcome=LimitOutcome.UNANSWERED, why=why))
        done = self._ask(cap.uuid, wanted)
        if not done.is_done:
            if was is None:
                self._forget(new)
            return self._refuse(cap, watts, done)
        self._refused.pop(cap.uuid, None)
        asked = f", as near to {watts:g} W as it goes" if not _same(wanted, watts) else ""
        words = f"{cap.device} is held to {wanted:g} W while work runs there{asked} ({new.previous_w:g} W before)"
        return _told(
            EventKind.POWER_CAPPED, cap.device, words, power_cap_w=wanted, asked_w=watts, previous_w=new.previous_w
        )

    def _release(self, held: Held) -> list[Told]:
        found = self._ask(held.uuid, None)
        limit = found.power_limit_w
        if found.is_done and limit is not None and not _is_ours(held, limit):
            return [] if _same(limit, held.previous_w) and self._forget(held) else self._give_up(held, limit)
        done = self._ask(held.uuid, held.previous_w) if found.is_done else found
        if not done.is_done:
            words = f"{held.device} is still held to {held.set_w[0]:g} W instead of {held.previous_w:g} W"
            self._stuck[held.uuid] = f"{words}: it {done.why}; it is tried again, {_remedy(held.uuid, held.previous_w)}"
            return []
        self._forget(held)
        words = f"{held.device} has its own power limit of {held.previous_w:g} W again"
        own_w, cap_w = held.previous_w, held.set_w[0]
        return _told(EventKind.POWER_RESTORED, held.device, words, power_limit_w=own_w, power_cap_w=cap_w)

    def _give_up(self, held: Held, limit: float) -> list[Told]:
        """Somebody else set another limit: theirs holds, and ours is no longer anybody's business."""
        self._forget(held)
        self._given_up.add(held.uuid)
        cap_w = held.set_w[0]
        words = f"{held.device} was given another power limit than its cap of {cap_w:g} W: {limit:g} W, which stays"
        return _told(
            EventKind.POWER_UNCAPPED,
            held.device,
            words,
            power_limit_w=limit,
            power_cap_w=cap_w,
            previous_w=held.previous_w,
        )

    def _refuse(self, cap: Cap, watts: float, found: PowerLimit) -> list[Told]:
        """Work goes on without its cap; each reason is told once."""
        remedy = _remedy(cap.uuid, watts)
        more = f"; {remedy}" if found.outcome is LimitOutcome.NO_PERMISSION else ""
        words = f"work on {cap.device} is not held to {watts:g} W: {cap.device} {found.why or 'does not say its limit'}"
        sentence = f"{words}{more}"
        self._refused[cap.uuid] = sentence
        if sentence in self._said:
            return []
        self._said.add(sentence)
        _log.warning("%s", sentence)
        return _told(
            EventKind.POWER_UNCAPPED,
            cap.device,
            sentence,
            power_cap_w=watts,
            outcome=found.outcome.value,
            remedy=remedy,
        )

    def _ask(self, uuid: str, watts: float | None) -> PowerLimit:
        if self._cards is None:
            return PowerLimit(outcome=LimitOutcome.UNANSWERED, why="is not there")
        return self._cards.set_power_limit(uuid, watts)

    def _write(self, held: Held) -> str | None:
        """Note a card as held, on the disk; why that cannot be, as the rest of a sentence."""
        try:
            self._put({**self._held, held.uuid: held})
        except OSError as error:
            return f"may not be capped, as its limit cannot be remembered ({(error.strerror or str(error)).lower()})"
        self._held = {**self._held, held.uuid: held}
        return None

    def _forget(self, held: Held) -> bool:
        """Note a card as its owner's again. What stays on the disk for want of room harms nobody: it is looked at."""
        self._let_go[held.uuid] = (held, self._clock())
        self._held = {uuid: each for uuid, each in self._held.items() if uuid != held.uuid}
        self._stuck.pop(held.uuid, None)
        self._again.discard(held.uuid)
        with suppress(OSError):
            self._put(self._held)
        return True

    def _put(self, held: Mapping[str, Held]) -> None:
        private_file.put(self._path, document.encode_pretty(_Book(held=tuple(held.values()))).encode())

    def _read(self) -> dict[str, Held]:
        try:
            book = document.decode(self._path.read_bytes(), _Book, self._path.name)
        except FileNotFoundError:
            return {}
        except OSError as error:
            why = (error.strerror or str(error)).lower()
        except Problem as problem:
            why = problem.sentence
        else:
            if book.schema == _SCHEMA and all(each.set_w for each in book.held):
                return {each.uuid: each for each in book.held}
            why = f"{book.schema} is of another version of netmind"
        aside = self._path.with_suffix(".damaged.json")
        with suppress(OSError):
            self._path.replace(aside)
        words = f"{self._path} could not be read ({why}) and is kept as {aside.name}"
        self.damaged = f"{words}: cards may still be held to a cap; nvidia-smi -q -d POWER shows their limits"
        _log.warning("%s", self.damaged)
        return {}


def _watts(wanted: Mapping[str, Cap], uuid: str) -> float | None:
    cap = wanted.get(uuid)
    return cap.watts if cap is not None else None


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= _SAME_W


def _is_ours(held: Held, limit: float) -> bool:
    return any(_same(limit, each) for each in held.set_w)


def _remedy(uuid: str, watts: float) -> str:
    return f"an administrator can set it: sudo nvidia-smi -i {uuid} -pl {watts:g}"


def _told(kind: EventKind, device: str, sentence: str, **data: Fact) -> list[Told]:
    return [Told(kind=kind, sentence=sentence, device=device, data=data)]
