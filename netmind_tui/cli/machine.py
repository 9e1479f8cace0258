"""What commands that look at this machine share: its GPUs, the devices that were named, and what is said about both."""

from contextlib import contextmanager
from typing import TYPE_CHECKING

from netmind_tui.cli import diagnostics
from netmind_tui.model.exit import ExitCode

# What the functions below need is imported inside them: msgspec and the probes cost as much as starting Python several
# times over, and every other command would pay for it.
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from netmind_tui.model.device import Device, Driver
    from netmind_tui.model.info import Info
    from netmind_tui.model.selector import Selection
    from netmind_tui.probe.gpu import GpuProbe


@contextmanager
def open_gpus() -> "Iterator[GpuProbe | None]":
    """The GPU side, where there is an NVIDIA library to ask."""
    from netmind_tui.probe.gpu import GpuProbe  # noqa: PLC0415 - see above

    if not GpuProbe.library_found():
        yield None
        return
    with GpuProbe() as probe:
        yield probe


def describe(probe: "GpuProbe | None", names: list[str], *, live: bool) -> "tuple[Info, Selection]":
    """The machine with the devices that were asked for, what is to be known about them, and what they do now."""
    from netmind_tui.probe import description  # noqa: PLC0415 - see above

    chosen: list[Selection] = []

    def choose(devices: "tuple[Device, ...]") -> "tuple[Device, ...]":
        chosen.append(select_devices(devices, names))
        return chosen[0].devices

    document = description.describe(probe, choose, live=live)
    return document, chosen[0]


def select_devices(devices: "tuple[Device, ...]", names: list[str]) -> "Selection":
    """The devices that were named, by the owner's words too; all of them without a name."""
    from netmind_tui.model.selector import select  # noqa: PLC0415 - see above

    if not names:
        return select((), devices)
    from netmind_tui.config import read_config  # noqa: PLC0415 - only names can be aliases

    return select(names, devices, read_config().alias)


def outcome(
    devices: "Iterable[Device]", selection: "Selection", names: list[str], place: str = "this machine"
) -> ExitCode:
    """Success, unless a device that was named is missing or cannot be read; says which."""
    if not names:
        return ExitCode.OK
    for name in selection.missing:
        diagnostics.fail(f"{selection.called(name)}: {place} has no such device")
    lost = [each for each in devices if each.lost is not None]
    for each in lost:
        diagnostics.fail(f"{each.id} cannot be read: {each.lost}")
    return ExitCode.UNMEASURED if selection.missing or lost else ExitCode.OK


def warn_of(driver: "Driver | None") -> None:
    """Say what keeps the driver from being used, if anything does."""
    if driver is not None and driver.problem is not None:
        diagnostics.warn(driver.problem)
