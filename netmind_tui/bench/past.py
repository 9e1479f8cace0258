"""What earlier runs of this machine say about the next one: how long each kernel took, and what was there."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from statistics import median

from netmind_tui.bench.store import read_run
from netmind_tui.model.device import Device
from netmind_tui.model.kernel import Kernel
from netmind_tui.model.measurement import Run
from netmind_tui.model.problem import Problem

_RUNS = 5
_LOOKED_AT = 20


def known_seconds(suite: str, folder: Path) -> Callable[[Kernel, Device], float | None]:
    """The median seconds of a kernel on such a device in the newest runs of that suite; ``None`` where it never ran."""
    seen: dict[tuple[str, int, str | None], list[float]] = {}
    for run in islice((run for run in _newest_first(folder) if run.suite == suite), _RUNS):
        names = {device.id: device.name for device in run.devices}
        for m in run.measurements:
            if m.elapsed_s is not None:
                seen.setdefault((m.kernel, m.kernel_version, names.get(m.device)), []).append(m.elapsed_s)

    def known(kernel: Kernel, device: Device) -> float | None:
        seconds = seen.get((kernel.id, kernel.version, device.name))
        return median(seconds) if seconds else None

    return known


def last_devices(folder: Path) -> tuple[Device, ...]:
    """The devices of the newest run that certified something: such a run says what the machine has."""
    return next((run.devices for run in _newest_first(folder) if run.capacity), ())


def _newest_first(folder: Path) -> Iterator[Run]:
    """The newest runs that can be read; a damaged one says nothing here, and the history names it."""
    paths = sorted(folder.glob("*.json"), reverse=True) if folder.is_dir() else []
    for path in paths[:_LOOKED_AT]:
        if path.is_file():
            with suppress(Problem):
                yield read_run(path)
