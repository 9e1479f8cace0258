"""Which devices of this machine answer a challenge, under which words, and who proves with them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from netmind_tui.bench.lock import DeviceHeldError, LockError, held
from netmind_tui.bench.permit import takeable
from netmind_tui.bench.plan import Target, threads_for
from netmind_tui.bench.target import Machine, choose_targets
from netmind_tui.certify.challenge.node import Devices
from netmind_tui.certify.proof.device import DeviceProver, ProvingDevice
from netmind_tui.certify.scope import identity
from netmind_tui.model.certificate import Scope
from netmind_tui.model.chain import ChainSpec
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.kernel import Provider
from netmind_tui.model.problem import Problem
from netmind_tui.probe.gpu import GpuProbe
from netmind_tui.probe.machine_id import read_machine_id


@dataclass(frozen=True, slots=True)
class Team:
    """Devices of one provider that answer together. ``locks`` are the names under which they are held."""

    devices: Devices
    proving: tuple[ProvingDevice, ...]
    locks: tuple[str, ...]

    def prover(self, spec: ChainSpec, node_key: str, tell: Callable[[float], None]) -> DeviceProver:
        """Who proves a chain with them; ``tell`` hears how far it is, and may end it by raising."""
        return DeviceProver(spec, node_key, self.proving, tell=tell)

    @contextmanager
    def held(self, since: str, folder: Path) -> Iterator[None]:
        """Hold the devices, so that nobody measures them meanwhile.

        Raises:
            Problem: somebody does already.
        """
        with ExitStack() as stack:
            for lock, each in zip(self.locks, self.proving, strict=True):
                try:
                    stack.enter_context(held(lock, since=since, folder=folder))
                except DeviceHeldError as error:
                    raise Problem(f"{each.device} is being measured by {error}", ExitCode.UNMEASURED) from error
                except LockError as error:
                    raise Problem(f"{each.device} cannot be locked: {error}", ExitCode.UNMEASURED) from error
            yield


def find_team(names: Sequence[str], scope: Scope) -> Team:
    """The GPUs among the named devices, or else the CPU; of all devices unless some are named.

    Raises:
        Problem: none of them can compute now.
    """
    probe = (
        GpuProbe(wake=True) if any(name != "cpu" for name in names or ("gpu",)) and GpuProbe.library_found() else None
    )
    try:
        machine = Machine.read(probe)
        targets = choose_targets(machine, probe, names, None, force=False)
    finally:
        if probe is not None:
            probe.close()
    able = [each for each in targets if each.refused is None]
    chosen = [each for each in able if each.provider is Provider.CUDA] or able
    if not chosen:
        why = "; ".join(dict.fromkeys(each.refused.detail for each in targets if each.refused))
        raise Problem(f"nothing can answer a challenge: {why or 'there is no such device'}", ExitCode.UNMEASURED)
    return _team(chosen, machine, scope)


def _team(targets: Sequence[Target], machine: Machine, scope: Scope) -> Team:
    own = read_machine_id(machine.host.boundaries)
    proving = tuple(
        ProvingDevice(
            word=identity(each.device, scope, own) or each.device.id,
            device=each.device.id,
            provider=each.provider,
            uuid=each.device.uuid,
            threads=threads_for(machine.host),
            memory_limit_bytes=takeable(each.memory_free_bytes),
        )
        for each in targets
    )
    return Team(
        devices=Devices(
            provider=targets[0].provider,
            words=tuple(each.word for each in proving),
            memory_bytes=tuple(each.device.memory_total_bytes or 0 for each in targets),
        ),
        proving=proving,
        locks=tuple(each.device.uuid or each.device.id for each in targets),
    )
