"""What a watch reads, besides the sample: this machine's own, or what a test or a simulation puts in its place."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from netmind_tui.model.host import Boundary
from netmind_tui.node.sense.gpu_in_use import AskUsers, GpuUse, Held
from netmind_tui.node.sense.money import EnergySource, PriceSource, ProfitSource, Untold
from netmind_tui.node.sense.seat import Seat, ThisSeat
from netmind_tui.probe.boundary import find_boundaries
from netmind_tui.probe.logind import Logind
from netmind_tui.probe.own_load import OwnLoad
from netmind_tui.probe.process_list import ProcessList
from netmind_tui.probe.wsl_idle import WslIdle

OwnPids = Callable[[], Iterable[int]]


def _none() -> tuple[int, ...]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Each of them, and ``own_pids``: our processes besides the agent's own and their descendants."""

    seat: Seat
    processes: ProcessList
    own_pct: Callable[[], float | None]
    gpu_use: GpuUse
    folder: Path
    own_pids: OwnPids = _none
    price: PriceSource = field(default_factory=Untold)
    profit: ProfitSource = field(default_factory=Untold)
    energy: EnergySource = field(default_factory=Untold)

    def close(self) -> None:
        """Let go of them."""
        self.seat.close()


def of_this_machine(
    ask_users: AskUsers,
    seat: Seat | None,
    folder: Path,
    *,
    asks_windows: bool = False,
    own_pids: OwnPids = _none,
    held: Held = lambda _device: None,
    clock: Callable[[], float] = time.monotonic,
) -> Sources:
    """This machine's.

    Args:
        ask_users: lists who uses a GPU (``GpuProbe.users``).
        seat: who sits at this machine; the sources that it has by default.
        folder: where this program writes, for the disk guard.
        asks_windows: under WSL, start a program of Windows that tells when there was input; the owner must allow it.
        own_pids: our processes besides the agent's own and their descendants.
        held: what our own work holds of a device's memory, where processes are hidden.
        clock: monotonic seconds.
    """
    processes = ProcessList()
    return Sources(
        seat=seat or _seat(processes, asks_windows, clock),
        processes=processes,
        own_pct=OwnLoad(processes, clock).percent,
        gpu_use=GpuUse(ask_users, processes, held),
        folder=folder,
        own_pids=own_pids,
    )


def _seat(processes: ProcessList, asks_windows: bool, clock: Callable[[], float]) -> ThisSeat:
    under_wsl = Boundary.WSL in find_boundaries(Path("/"))
    return ThisSeat(
        processes=processes,
        logind=Logind(clock=clock),
        under_wsl=under_wsl,
        windows=WslIdle(clock=clock) if under_wsl and asks_windows else None,
    )
