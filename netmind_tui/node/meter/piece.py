"""An interval in the making, and what of it outlives a kill."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from netmind_tui.model.metering import CERTAINTY, Activity, CutBy, EnergyMethod, Interval
from netmind_tui.node.meter.dial import Mark, moment_of
from netmind_tui.node.meter.energy import UNREAD, Stretch


@dataclass(slots=True, kw_only=True)
class Piece:
    """What a device did since ``start``; it goes on unless ``cut_by`` says why it does not.

    ``unread_ms`` of it wait for the next reading of energy, ``uncounted_ms`` for the next of processor time.
    """

    id: str
    device: str
    uuid: str | None
    activity: Activity
    workload: str | None
    instance: str | None
    start: Mark
    end: Mark
    unread_ms: int = 0
    uncounted_ms: int = 0
    cpu_ms: int | None = None
    energy_mj: int = 0
    energy_ms: int = 0
    method: EnergyMethod | None = None
    absent: str | None = None
    cut_by: CutBy | None = None

    @property
    def duration_ms(self) -> int:
        """How long it lasted so far."""
        return self.end.ms - self.start.ms

    def reach(self, end: Mark) -> None:
        """Last until then."""
        more_ms = end.ms - self.end.ms
        self.unread_ms += more_ms
        self.uncounted_ms += more_ms
        self.end = end

    def power(self, stretch: Stretch, energy_mj: int) -> None:
        """Take a part of a stretch's energy for what was not read yet."""
        length_ms, self.unread_ms = self.unread_ms, 0
        if stretch.energy_mj is None or stretch.method is None:
            self.absent = stretch.absent
            return
        is_guess = stretch.is_late and length_ms < stretch.length_ms
        method = EnergyMethod.ESTIMATE if is_guess else stretch.method
        self.energy_mj += energy_mj
        self.energy_ms += length_ms
        self.method = method if self.method is None else max(self.method, method, key=CERTAINTY.index)

    def give_up(self, absent: str | None) -> None:
        """Do without the energy of what was not read yet."""
        if self.unread_ms:
            self.unread_ms, self.absent = 0, absent or UNREAD

    def interval(self) -> Interval:
        """As it stands for ever."""
        energy_ms = min(self.energy_ms, self.duration_ms)
        return Interval(
            id=self.id,
            device=self.device,
            uuid=self.uuid,
            activity=self.activity,
            workload=self.workload,
            instance=self.instance,
            start=moment_of(self.start.wall_ms),
            end=moment_of(self.end.wall_ms),
            duration_ms=self.duration_ms,
            cpu_s=None if self.cpu_ms is None else self.cpu_ms / 1000,
            energy_j=self.energy_mj / 1000 if energy_ms else None,
            energy_ms=energy_ms,
            energy_method=self.method if energy_ms else None,
            energy_absent=None if energy_ms == self.duration_ms else self.absent or UNREAD,
            cut_by=self.cut_by or CutBy.CHANGE,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A device's pieces as they stood: one row of the file, written over every few seconds.

    ``cpu_ms`` is the processor time that each instance had had by then, where it is counted on this device.
    """

    boot: str
    pieces: tuple[Piece, ...]
    cpu_ms: dict[str, int] = field(default_factory=dict)


def shared(total: int, weights: Sequence[int], whole: int | None = None) -> list[int]:
    """A number in parts by their weights, which add up to it (or to their part of ``whole``) exactly."""
    whole = max(sum(weights) if whole is None else whole, sum(weights), 1)
    parts, reached, given = [], 0, 0
    for weight in weights:
        reached += weight
        part = total * reached // whole - given
        parts.append(part)
        given += part
    return parts
