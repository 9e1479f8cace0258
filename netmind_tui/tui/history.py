"""What the interface remembers of the samples: two minutes by the second and an hour by ten seconds, and no more."""

from dataclasses import dataclass, field

from netmind_tui.model.sample import DeviceSample, Sample

RECENT, HOUR = 120, 360
"""Points that are kept: one a sample, and one for each ten samples."""

_EVERY = 10
METRICS = ("gpu_util_pct", "memory_used_bytes", "power_draw_w", "temperature_c", "sm_clock_mhz")
HOST_METRICS = ("cpu_util_pct", "memory_used_bytes", "temperature_c", "cpu_clock_mhz")
HOST = "cpu"

Point = float | None


@dataclass(frozen=True, slots=True)
class Track:
    """One metric of one device; ``None`` where it was not known."""

    recent: tuple[Point, ...] = ()
    hour: tuple[Point, ...] = ()

    def with_point(self, value: Point, count: int) -> "Track":
        """The track after the ``count``-th sample."""
        recent = (*self.recent, value)[-RECENT:]
        if count % _EVERY:
            return Track(recent, self.hour)
        last = [each for each in recent[-_EVERY:] if each is not None]
        mean = sum(last) / len(last) if last else None
        return Track(recent, (*self.hour, mean)[-HOUR:])


@dataclass(frozen=True, slots=True)
class History:
    """All tracks, by device and metric; the host is the device ``cpu``."""

    tracks: dict[tuple[str, str], Track] = field(default_factory=dict)
    count: int = 0

    def with_sample(self, sample: Sample) -> "History":
        """The history with one sample more; a device that is not in it has a gap there."""
        count = self.count + 1
        points: dict[tuple[str, str], Point] = {(HOST, name): _value(sample.host, name) for name in HOST_METRICS}
        for device in sample.devices:
            points |= {(device.device, name): _value(device, name) for name in METRICS}
        known = dict.fromkeys((*self.tracks, *points))
        empty = Track()
        return History({key: self.tracks.get(key, empty).with_point(points.get(key), count) for key in known}, count)

    def of(self, device: str, metric: str, span: str) -> tuple[Point, ...]:
        """The points of the last two minutes (``2 m``) or the last hour (``1 h``), the newest last."""
        track = self.tracks.get((device, metric))
        if track is None:
            return ()
        return track.recent if span == "2 m" else track.hour


def _value(sample: object, name: str) -> Point:
    value = getattr(sample, name)
    return None if value is None else float(value)


def own(sample: Sample | None, device: str) -> DeviceSample | None:
    """The part of a sample that is of this device."""
    if sample is None:
        return None
    return next((part for part in sample.devices if part.device == device), None)
