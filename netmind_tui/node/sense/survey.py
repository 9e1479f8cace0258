"""One look at this machine through every guard of a policy, for an owner who asks while no agent looks."""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from netmind_tui.model.agent import Question
from netmind_tui.model.device import DeviceUser
from netmind_tui.model.host import Boundary
from netmind_tui.model.policy import Guard
from netmind_tui.model.reading import Absence, Reading
from netmind_tui.model.sample import Sample
from netmind_tui.model.situation import DeviceFact, GuardFact
from netmind_tui.node.money.offline import quotes_without_agent
from netmind_tui.node.sense.seat import ThisSeat
from netmind_tui.node.sense.sources import of_this_machine
from netmind_tui.node.sense.watch import Watch
from netmind_tui.probe.gpu import GpuProbe
from netmind_tui.probe.host import HostSampler, cpu_device, read_host
from netmind_tui.probe.logind import Logind
from netmind_tui.probe.process_list import ProcessList

_APART_S = 1.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What guards see now, and what only the owner can answer."""

    facts: tuple[GuardFact, ...]
    questions: tuple[Question, ...]


def survey(guards: Sequence[Guard], folder: Path, wait: Callable[[float], None] = time.sleep) -> Survey:
    """Look twice, a second apart: a load is a difference. Devices of the guards are ids; ``folder`` is on the disk."""
    with ExitStack() as stack:
        gpus = stack.enter_context(GpuProbe()) if GpuProbe.library_found() else None

        def users(uuid: str) -> Reading[tuple[DeviceUser, ...]]:
            return gpus.users(uuid) if gpus is not None else Reading(absence=Absence.NOT_SUPPORTED)

        under_wsl = Boundary.WSL in read_host().boundaries
        processes = ProcessList()
        seat = stack.enter_context(closing(ThisSeat(processes=processes, logind=Logind(), under_wsl=under_wsl)))
        host = HostSampler()
        there = (*(gpus.devices() if gpus is not None else ()), cpu_device(read_host()))
        quotes = quotes_without_agent(there, datetime.now(UTC))
        watch = Watch(guards, replace(of_this_machine(users, seat, folder), price=quotes, profit=quotes))
        devices = [DeviceFact(device=each.id, uuid=each.uuid) for each in there]
        facts: tuple[GuardFact, ...] = ()
        for wait_s in (0.0, _APART_S):
            wait(wait_s)
            processes.look(())
            now = datetime.now(UTC)
            at = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
            sample = Sample(at=at, host=host.sample(), devices=gpus.sample() if gpus is not None else ())
            facts = watch.look(sample, devices, now)
        return Survey(facts=facts, questions=watch.questions())
