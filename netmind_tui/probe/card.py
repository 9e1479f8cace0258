"""What is known of one GPU between two questions, and how its answers become values."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from netmind_tui.model.device import Device, DeviceHealth, DeviceKind, Trouble
from netmind_tui.model.reading import Absence
from netmind_tui.model.sample import DeviceSample
from netmind_tui.probe import trouble as troubles

Answer = Mapping[str, Any]

_NOT_METRICS = {"id", "kind", "parent", "lost", "trouble", "asleep", "device", "absent"}
DEVICE_METRICS = tuple(field.name for field in fields(Device) if field.name not in _NOT_METRICS)
SAMPLE_METRICS = tuple(field.name for field in fields(DeviceSample) if field.name not in _NOT_METRICS)
HEALTH_METRICS = tuple(field.name for field in fields(DeviceHealth) if field.name not in _NOT_METRICS)


@dataclass(slots=True, kw_only=True, eq=False)
class Card:
    """One GPU: how it is addressed, what it last said of itself, and what is wrong with it now.

    ``generation`` is the child that was last asked about it; ``retry_at`` and ``delay_s`` say when one that is lost
    is asked again. The id is given once the order of all cards is known.
    """

    index: int
    slot: str | None = None
    uuid: str | None = None
    id: str = ""
    asleep: bool = False
    lost: str | None = None
    trouble: Trouble | None = None
    generation: int = 0
    retry_at: float = 0.0
    delay_s: float = 0.0
    description: Device | None = None
    slices: tuple[Device, ...] = ()

    @property
    def absence(self) -> Absence:
        """Why there are no values, while there are none."""
        if self.asleep:
            return Absence.ASLEEP
        return Absence.LOST if self.trouble is None else troubles.absence(self.trouble)

    def learn(self, answer: Answer) -> None:
        """Take what a description says, the slices' included."""
        self.uuid = answer["values"].get("uuid", self.uuid)
        known = {"uuid": self.uuid, "pci_slot": self.slot}
        metrics, absent = _complete(DEVICE_METRICS, answer["values"] | known, answer["absent"], Absence.NOT_SUPPORTED)
        self.description = Device(id=self.id, kind=DeviceKind.GPU, **metrics, absent=absent)
        self.slices = tuple(self._slice(part) for part in answer["slices"])

    def devices(self) -> tuple[Device, ...]:
        """The GPU and its slices as last described, and what is wrong now."""
        whole = self.description
        if whole is None:
            known = {"uuid": self.uuid, "pci_slot": self.slot}
            metrics, absent = _complete(DEVICE_METRICS, known, {}, self.absence)
            whole = Device(id=self.id, kind=DeviceKind.GPU, **metrics, absent=absent)
        return tuple(
            replace(device, lost=self.lost, trouble=self.trouble, asleep=self.asleep)
            for device in (whole, *self.slices)
        )

    def samples(self, answer: Answer | None) -> tuple[DeviceSample, ...]:
        """One sample of the GPU and of each slice; without an answer, samples that say why they are empty."""
        if answer is None:
            empty = [self._sample(device.id, device.uuid, {}, {}, self.absence) for device in self.slices]
            return (self._sample(self.id, self.uuid, {}, {}, self.absence), *empty)
        return (
            self._sample(self.id, self.uuid, answer["values"], answer["absent"], Absence.NOT_SUPPORTED),
            *(
                self._sample(self._slice_id(part), None, part["values"], part["absent"], Absence.UNDER_MIG)
                for part in answer["slices"]
            ),
        )

    def health(self, answer: Answer | None) -> DeviceHealth:
        """The GPU's state of repair; without an answer, one that says why it is not known."""
        if answer is None:
            metrics, reasons = _complete(HEALTH_METRICS, {}, {}, self.absence)
        else:
            metrics, reasons = _complete(HEALTH_METRICS, answer["values"], answer["absent"], Absence.NOT_SUPPORTED)
        return DeviceHealth(device=self.id, **metrics, absent=reasons)

    def _sample(
        self, device: str, uuid: str | None, values: Answer, absent: Answer, otherwise: Absence
    ) -> DeviceSample:
        known = {"uuid": uuid} if uuid is not None else {}
        metrics, reasons = _complete(SAMPLE_METRICS, dict(values) | known, absent, otherwise)
        return DeviceSample(device=device, **metrics, absent=reasons)

    def _slice(self, part: Answer) -> Device:
        known = {"pci_slot": self.slot}
        metrics, absent = _complete(DEVICE_METRICS, part["values"] | known, part["absent"], Absence.UNDER_MIG)
        return Device(id=self._slice_id(part), kind=DeviceKind.MIG, parent=self.id, **metrics, absent=absent)

    def _slice_id(self, part: Answer) -> str:
        return f"mig:{self.id.removeprefix('gpu:')}.{part['number']}"


def _complete(
    names: tuple[str, ...], values: Answer, absent: Answer, otherwise: Absence
) -> tuple[dict[str, Any], dict[str, Absence]]:
    """Every metric by name, and a reason for each that is missing: the one given, or ``otherwise``."""
    metrics = {name: _frozen(values.get(name)) for name in names}
    return metrics, {name: Absence(absent.get(name, otherwise)) for name in names if metrics[name] is None}


def _frozen(value: Any) -> Any:  # noqa: ANN401 - JSON has no one type
    return tuple(value) if isinstance(value, list) else value
