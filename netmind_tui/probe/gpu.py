"""The GPUs of this machine, read through a child process that a hung driver may take instead of this one."""

import math
import os
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from netmind_tui.model.device import ComputeProcess, Device, DeviceHealth, DeviceUser, Driver, Trouble
from netmind_tui.model.power_limit import LimitOutcome, PowerLimit
from netmind_tui.model.reading import ABSENCE_SENTENCES, Absence, Reading
from netmind_tui.model.sample import DeviceSample
from netmind_tui.probe import pci, power_limit
from netmind_tui.probe.card import Card
from netmind_tui.probe.service import NvmlService, Unanswered, is_wsl, library_found

_LONGEST_DELAY = 16


class GpuProbe:
    """Everything that can be read of this machine's NVIDIA GPUs. Trouble becomes a value, never an exception.

    A device that hangs costs one watchdog, is reported as lost and left alone for ``retry_s`` (twice as long each
    time it happens again, at most 16 times); a new child serves the others. The ids stay with the PCI slots as they
    were first listed. A suspended GPU is listed and not woken, unless ``wake``. Methods may be called from several
    threads and take turns; ``close`` does not wait for its turn.

    Args:
        timeout_s: how long a device that has answered before may take to answer.
        start_timeout_s: how long the driver may take to open, and each device to answer a child for the first time.
        retry_s: how long a device, or a driver, that cannot be used is left alone.
        wake: read suspended GPUs too, which wakes them.
        sysfs: where the kernel's list of PCI devices is mounted.
        under_wsl: whether this is WSL; found out by default.
        environment: the child's environment; this process's own by default.
        clock: monotonic seconds, for ``retry_s``.
    """

    def __init__(
        self,
        *,
        timeout_s: float = 3.0,
        start_timeout_s: float = 10.0,
        retry_s: float = 60.0,
        wake: bool = False,
        sysfs: Path = pci.SYSFS,
        under_wsl: bool | None = None,
        environment: Mapping[str, str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._service = NvmlService(
            timeout_s=timeout_s,
            start_timeout_s=start_timeout_s,
            retry_s=retry_s,
            sysfs=sysfs,
            under_wsl=is_wsl() if under_wsl is None else under_wsl,
            environment=dict(os.environ if environment is None else environment),
            clock=clock,
        )
        self._retry_s = retry_s
        self._wake = wake
        self._sysfs = sysfs
        self._clock = clock
        self._turn = threading.RLock()
        self._cards: list[Card] = []

    def __enter__(self) -> Self:
        """Nothing is started before the first question."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the child."""
        self.close()

    @staticmethod
    def library_found(environment: Mapping[str, str] | None = None) -> bool:
        """Whether NVIDIA's management library is here to be loaded; without it no child is started."""
        return library_found(os.environ if environment is None else environment)

    def driver(self) -> Driver:
        """The driver's versions, or what keeps it from being used; empty where there is none."""
        with self._turn:
            self._service.is_open()
            return self._service.driver

    def devices(self) -> tuple[Device, ...]:
        """Every GPU in PCI order, each followed by its MIG slices, described anew; the lost ones with the reason."""
        with self._turn:
            for card in self._listed():
                answer = self._ask(card, "describe")
                if answer is not None:
                    card.learn(answer)
            return tuple(device for card in self._cards for device in card.devices())

    def sample(self) -> tuple[DeviceSample, ...]:
        """One sample of every GPU and MIG slice, in the order of ``devices``."""
        with self._turn:
            return tuple(sample for card in self._listed() for sample in card.samples(self._ask(card, "sample")))

    def health(self) -> tuple[DeviceHealth, ...]:
        """The state of repair of every GPU, in the order of ``devices`` and without their slices."""
        with self._turn:
            return tuple(card.health(self._ask(card, "health")) for card in self._listed())

    def compute_processes(self, uuid: str) -> Reading[tuple[ComputeProcess, ...]]:
        """Who computes on a device, as far as this namespace can see; costly, so never part of a sample.

        Raises:
            LookupError: no device has this UUID.
        """
        with self._turn:
            card, number = self._find(uuid)
            answer = self._ask(card, "processes", slice=number)
            if answer is None:
                return Reading(absence=card.absence)
            if "processes" in answer["absent"]:
                return Reading(absence=Absence(answer["absent"]["processes"]))
            found = answer["values"]["processes"]
            return Reading(tuple(ComputeProcess(pid=pid, memory_used_bytes=used) for pid, used in found))

    def users(self, uuid: str) -> Reading[tuple[DeviceUser, ...]]:
        """Who computes or draws on a device, as far as this namespace can see; costly, so never part of a sample.

        Raises:
            LookupError: no device has this UUID.
        """
        with self._turn:
            card, number = self._find(uuid)
            answer = self._ask(card, "users", slice=number)
            if answer is None:
                return Reading(absence=card.absence)
            if "users" in answer["absent"]:
                return Reading(absence=Absence(answer["absent"]["users"]))
            found = answer["values"]["users"]
            return Reading(
                tuple(DeviceUser(pid=pid, memory_used_bytes=used, util_pct=share) for pid, used, share in found)
            )

    def set_power_limit(self, uuid: str, watts: float | None) -> PowerLimit:
        """Let a card draw no more than so much, within what the card itself allows; ``None`` only reads its limit.

        It holds until it is set again, or until the driver is unloaded, which happens when nobody has the card open.
        It needs the rights of an administrator. A card that sleeps is woken.
        """
        if watts is not None and not 0 < watts < math.inf:
            return PowerLimit(outcome=LimitOutcome.UNANSWERED, asked_w=watts, why="has no such limit")
        milliwatts = None if watts is None else round(watts * 1000)
        with self._turn:
            try:
                card, number = self._find(uuid)
            except LookupError:
                return PowerLimit(outcome=LimitOutcome.UNANSWERED, asked_w=watts, why="is not listed by the driver")
            answer = self._ask(card, "limit", milliwatts=milliwatts, slice=number)
            if answer is None:
                why = card.lost or ABSENCE_SENTENCES[card.absence]
                return PowerLimit(outcome=LimitOutcome.UNANSWERED, asked_w=watts, why=why)
            return power_limit.outcome_of(answer, watts)

    def close(self) -> None:
        """End the child; what is asked later is answered as if nothing could be read."""
        self._service.close()

    def _listed(self) -> list[Card]:
        """The cards, listed once; those whose time has come are tried again, by a child that never saw them fail."""
        due = [card for card in self._cards if card.trouble is not None and self._clock() >= card.retry_at]
        for card in due:
            card.trouble = card.lost = None
        if due:
            self._service.renew()
        if not self._cards and self._service.is_open():
            self._cards = self._list()
        return self._cards

    def _list(self) -> list[Card]:
        """Find the cards without waking one that sleeps, and number them by PCI slot."""
        ours = [card for card in pci.nvidia_cards(self._sysfs) if card.driver == pci.NVIDIA_DRIVER]
        if any(card.asleep for card in ours) and not self._wake:
            cards = self._list_by_slot([card.slot for card in ours])
        else:
            cards = [Card(index=index) for index in range(self._service.count)]
            for card in cards:
                self._identify(card)
        taken = {card.slot for card in cards}
        left = [card.slot for card in ours if card.slot not in taken]
        unplaced = [card for card in cards if card.slot is None]
        if len(unplaced) == len(left):
            for card, slot in zip(unplaced, left, strict=True):
                card.slot = slot
        slots = [card.slot for card in cards if card.slot is not None]
        if len(slots) == len(cards):
            cards.sort(key=lambda card: pci.order(card.slot or ""))
        for number, card in enumerate(cards):
            card.id = f"gpu:{number}"
        return cards

    def _list_by_slot(self, slots: list[str]) -> list[Card]:
        """The cards in these slots that NVML serves; of the sleeping ones, as many as it counts beyond the others."""
        cards = [Card(index=index, slot=slot) for index, slot in enumerate(slots)]
        for card in cards:
            self._identify(card)
        served = [card for card in cards if not card.asleep and card.trouble is not Trouble.GONE]
        asleep = [card for card in cards if card.asleep]
        return served + asleep[: max(0, self._service.count - len(served))]

    def _identify(self, card: Card) -> None:
        answer = self._ask(card, "identify")
        if answer is not None:
            card.slot = answer["values"].get("pci_slot", card.slot)
            card.uuid = answer["values"].get("uuid")

    def _ask(self, card: Card, op: str, **more: int | None) -> dict[str, Any] | None:
        """Ask about one card; where there is no answer, the card says why: it sleeps, or is lost."""
        wakes = self._wake or op == "limit"
        card.asleep = not wakes and card.slot is not None and pci.is_asleep(card.slot, self._sysfs)
        if card.uuid is None and op != "identify":
            self._identify(card)
        if card.asleep or card.trouble is not None:
            return None
        try:
            request = {"op": op, "index": card.index, "slot": card.slot, **more}
            answer = self._service.ask(request, card.generation)
        except Unanswered as outcome:
            card.trouble, card.lost = outcome.trouble, outcome.sentence
            card.delay_s = min(card.delay_s * 2, self._retry_s * _LONGEST_DELAY) or self._retry_s
            card.retry_at = self._clock() + card.delay_s
            return None
        card.generation = self._service.generation
        if op != "identify":
            card.delay_s = 0.0
        return answer

    def _find(self, uuid: str) -> tuple[Card, int | None]:
        """The card with this UUID, or the one whose slice has it, and the slice's number."""
        cards = self._listed()
        if uuid not in {card.uuid for card in cards}:
            self.devices()
        for card in cards:
            if card.uuid == uuid:
                return card, None
            for device in card.slices:
                if device.uuid == uuid:
                    return card, int(device.id.rpartition(".")[2])
        raise LookupError(f"no device has the UUID {uuid}")
