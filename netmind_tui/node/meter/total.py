"""What intervals come to: whole milliseconds and millijoules while they are added, so that no order changes the sum."""

from dataclasses import dataclass
from datetime import date

from netmind_tui.model.metering import CERTAINTY, Activity, EnergyMethod, Interval, Sum


@dataclass(slots=True)
class Total:
    """A sum in the making; what no interval knew stays unknown."""

    intervals: int = 0
    duration_ms: int = 0
    cpu_ms: int | None = None
    energy_mj: int | None = None
    energy_ms: int = 0
    method: EnergyMethod | None = None
    absent: str | None = None

    def add(self, interval: Interval) -> None:
        """One more interval."""
        self.intervals += 1
        self.duration_ms += interval.duration_ms
        self.energy_ms += interval.energy_ms
        if interval.cpu_s is not None:
            self.cpu_ms = (self.cpu_ms or 0) + round(interval.cpu_s * 1000)
        if interval.energy_j is not None:
            self.energy_mj = (self.energy_mj or 0) + round(interval.energy_j * 1000)
        self._note(interval.energy_method, interval.energy_absent)

    def join(self, other: "Total") -> None:
        """All of another's."""
        self.intervals += other.intervals
        self.duration_ms += other.duration_ms
        self.energy_ms += other.energy_ms
        if other.cpu_ms is not None:
            self.cpu_ms = (self.cpu_ms or 0) + other.cpu_ms
        if other.energy_mj is not None:
            self.energy_mj = (self.energy_mj or 0) + other.energy_mj
        self._note(other.method, other.absent)

    def _note(self, method: EnergyMethod | None, absent: str | None) -> None:
        """Keep the least sure method, and why some energy is missing."""
        known = [each for each in (self.method, method) if each is not None]
        self.method = max(known, key=CERTAINTY.index, default=None)
        self.absent = absent or self.absent

    def sum(
        self,
        *,
        device: str | None = None,
        workload: str | None = None,
        activity: Activity | None = None,
        day: date | None = None,
    ) -> Sum:
        """As it is told, with what its intervals have in common."""
        return Sum(
            device=device,
            workload=workload,
            activity=activity,
            day=day,
            intervals=self.intervals,
            duration_ms=self.duration_ms,
            cpu_s=None if self.cpu_ms is None else self.cpu_ms / 1000,
            energy_j=None if self.energy_mj is None else self.energy_mj / 1000,
            energy_ms=self.energy_ms,
            energy_method=self.method,
            energy_absent=self.absent,
        )
