"""The devices of this machine over time: which are there, lost, back, replaced, or without their driver."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from netmind_tui.model.agent import Question
from netmind_tui.model.decide_text import loss
from netmind_tui.model.device import Device, DeviceKind, Driver, Trouble
from netmind_tui.model.event import EventKind
from netmind_tui.node.agent.memory import KnownDevice
from netmind_tui.node.agent.news import News

REBOOT = "driver updated, reboot needed"
_REPLACED = "replaced."


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """A device as it stands: ``lost`` and ``blocked`` say why it cannot work; ``is_replaced`` waits for an answer."""

    device: Device
    lost: str | None = None
    blocked: str | None = None
    is_replaced: bool = False


class Roster:
    """Holds what the probe says against what is known; each change is told once.

    Args:
        known: the devices as the owner let them contribute.
        driver: the driver's version when it was last seen.
        news: where changes are told.
    """

    def __init__(self, known: Sequence[KnownDevice], driver: str | None, news: News) -> None:
        self.known = {each.id: each for each in known}
        self.driver = driver
        self.described_driver: Driver | None = None
        self.present: dict[str, Present] = {}
        self._is_new = not known
        self._news = news

    @property
    def devices(self) -> tuple[Device, ...]:
        """Every device, the lost ones too, in the machine's order."""
        return tuple(each.device for each in self.present.values())

    def see(self, devices: Sequence[Device], driver: Driver | None) -> None:
        """Take what the probe found now."""
        self.described_driver = driver
        before = self.present or self._remembered()
        self._see_driver(driver)
        whole = {each.parent for each in devices if each.kind is DeviceKind.MIG}
        found = {each.id: each for each in devices if each.id not in whole}
        mismatch = driver is not None and driver.trouble is Trouble.VERSION_MISMATCH
        now: dict[str, Present] = {name: self._seen(device) for name, device in found.items()}
        for name, known in self.known.items():
            if name not in now and name not in whole:
                now[name] = self._missed(known, mismatch=mismatch, driver=driver)
        self.present = dict(sorted(now.items(), key=_order))
        self._tell_changes(before)
        for name, each in self.present.items():
            if name in self.known:
                self.known[name] = replace(self.known[name], lost=each.lost, blocked=each.blocked)
        self._is_new = False

    @property
    def nameable(self) -> tuple[Device, ...]:
        """What somebody can speak of: before the first look, what is remembered, and the processor."""
        if self.present:
            return self.devices
        return tuple(_stub(each) for each in {"cpu": KnownDevice(id="cpu"), **self.known}.values())

    def _remembered(self) -> dict[str, Present]:
        """How it stood when the agent before this one saw it last."""
        return {
            name: Present(device=_stub(each), lost=each.lost, blocked=each.blocked)
            for name, each in self.known.items()
            if each.lost is not None or each.blocked is not None
        }

    def is_away(self, name: str | None) -> bool:
        """Whether a device cannot be read at all, which its guards need not say again."""
        here = self.present.get(name or "")
        return here is not None and (here.lost is not None or here.blocked is not None)

    def questions(self) -> tuple[Question, ...]:
        """What only the owner can say of devices."""
        return tuple(
            Question(
                id=f"{_REPLACED}{name}",
                sentence=f"{name} is another card than before ({_called(each.device)}): may it contribute?",
                command=f"netmind schedule answer {_REPLACED}{name} yes",
                device=name,
            )
            for name, each in self.present.items()
            if each.is_replaced
        )

    def accept(self, question: str) -> bool:
        """Take the owner's word that a replaced device may contribute; whether that was asked."""
        name = question.removeprefix(_REPLACED)
        here = self.present.get(name)
        if not question.startswith(_REPLACED) or here is None or not here.is_replaced:
            return False
        self.known[name] = _known(here.device)
        self.present[name] = replace(here, is_replaced=False)
        return True

    def _see_driver(self, driver: Driver | None) -> None:
        version = driver.version if driver is not None else None
        if version is None:
            return
        if self.driver is not None and version != self.driver:
            data: dict[str, str | int | float | bool | None] = {"previous": self.driver, "version": version}
            words = f"the driver changed from {self.driver} to {version}"
            self._news.tell(EventKind.DRIVER_CHANGED, words, data=data)
        self.driver = version

    def _seen(self, device: Device) -> Present:
        known = self.known.get(device.id)
        if device.trouble is Trouble.VERSION_MISMATCH:
            return Present(device=device, blocked=REBOOT)
        if device.lost is not None:
            return Present(device=device, lost=device.lost)
        if known is None:
            self.known[device.id] = _known(device)
            if not self._is_new:
                data: dict[str, str | int | float | bool | None] = {"uuid": device.uuid, "name": device.name}
                words = f"{device.id} is new ({_called(device)})"
                self._news.tell(EventKind.DEVICES_CHANGED, words, device=device.id, data=data)
            return Present(device=device)
        if device.uuid is not None and known.uuid is not None and device.uuid != known.uuid:
            self._tell_replaced(device, known)
            return Present(device=device, is_replaced=True)
        self._see_limits(device, known)
        self.known[device.id] = _known(device, known)
        return Present(device=device)

    def _missed(self, known: KnownDevice, *, mismatch: bool, driver: Driver | None) -> Present:
        """A device that is known and that the probe does not list."""
        gone = (driver.problem if driver is not None else None) or "is no longer listed by the driver"
        device = replace(_stub(known), lost=gone, trouble=Trouble.GONE)
        return Present(device=device, blocked=REBOOT) if mismatch else Present(device=device, lost=gone)

    def _see_limits(self, device: Device, known: KnownDevice) -> None:
        was, limit = known.power_limit_w, device.power_limit_w
        if was is None or limit is None or was == limit:
            return
        words = f"the power limit of {device.id} changed from {was:g} W to {limit:g} W"
        self._news.tell(
            EventKind.LIMITS_CHANGED, words, device=device.id, data={"previous_w": was, "power_limit_w": limit}
        )

    def _tell_replaced(self, device: Device, known: KnownDevice) -> None:
        if known.stranger == device.uuid:
            return
        self.known[device.id] = replace(known, stranger=device.uuid)
        words = (
            f"{device.id} is another card than before: {_called(device)} in the place of {known.name or 'the old one'}"
        )
        data: dict[str, str | int | float | bool | None] = {
            "previous": known.uuid,
            "uuid": device.uuid,
            "slot": device.pci_slot,
        }
        self._news.tell(EventKind.DEVICE_REPLACED, f"{words}; it waits for your answer", device=device.id, data=data)

    def _tell_changes(self, before: dict[str, Present]) -> None:
        mismatched = [name for name, each in self.present.items() if each.blocked is not None]
        was_mismatched = any(each.blocked is not None for each in before.values())
        if mismatched and not was_mismatched:
            prevention = "hold driver updates back while the machine contributes, or reboot after them"
            data: dict[str, str | int | float | bool | None] = {"devices": ", ".join(mismatched)}
            self._news.tell(EventKind.DRIVER_MISMATCH, f"blocked: {REBOOT}", data=data, prevention=prevention)
        for name, each in self.present.items():
            was = before.get(name)
            if each.lost is not None and (was is None or was.lost is None):
                data = {"uuid": each.device.uuid, "trouble": each.device.trouble}
                self._news.tell(EventKind.DEVICE_LOST, loss(name, each.lost), device=name, data=data)
            elif was is not None and was.lost is not None and _works(each):
                self._news.tell(EventKind.DEVICE_BACK, f"{name} is back", device=name, data={"uuid": each.device.uuid})


def _stub(known: KnownDevice) -> Device:
    """A device as far as it is remembered."""
    kind = DeviceKind.CPU if known.id == "cpu" else DeviceKind.MIG if known.id.startswith("mig") else DeviceKind.GPU
    return Device(id=known.id, kind=kind, uuid=known.uuid, name=known.name, pci_slot=known.slot)


def _known(device: Device, before: KnownDevice | None = None) -> KnownDevice:
    return KnownDevice(
        id=device.id,
        slot=device.pci_slot or (before.slot if before else None),
        uuid=device.uuid or (before.uuid if before else None),
        name=device.name or (before.name if before else None),
        power_limit_w=device.power_limit_w or (before.power_limit_w if before else None),
    )


def _works(each: Present) -> bool:
    return each.lost is None and each.blocked is None and not each.is_replaced


def _called(device: Device) -> str:
    return device.name or device.uuid or device.id


def _order(item: tuple[str, Present]) -> tuple[int, tuple[int, ...]]:
    """GPUs, each followed by its slices, then the CPU."""
    name = item[0]
    numbers = tuple(int(part) for part in name.rpartition(":")[2].split(".") if part.isdigit())
    return (1 if name == "cpu" else 0, numbers)
