"""The devices of this machine that prove together: looked at, held, and set to work."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from netmind_tui.bench.lock import DeviceHeldError, LockError, held
from netmind_tui.bench.permit import takeable
from netmind_tui.bench.plan import Target, threads_for
from netmind_tui.bench.target import Machine, choose_targets
from netmind_tui.bench.warden import Warden
from netmind_tui.certify.moment import written
from netmind_tui.certify.proof.device import DeviceProver, ProvingDevice
from netmind_tui.model.chain import ChainSpec
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem
from netmind_tui.paths import lock_dir
from netmind_tui.probe.gpu import GpuProbe


def look(names: Sequence[str]) -> tuple[Machine, tuple[Target, ...]]:
    """This machine and its named devices, or all, as they are now; those that cannot compute with their reason.

    Raises:
        Problem: a name is malformed.
    """
    probe = (
        GpuProbe(wake=True) if any(name != "cpu" for name in names or ("gpu",)) and GpuProbe.library_found() else None
    )
    try:
        machine = Machine.read(probe)
        return machine, choose_targets(machine, probe, names, None, force=False)
    finally:
        if probe is not None:
            probe.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """Devices of one provider. ``words`` are theirs, in the same order: so they stand in the leaves of a proof."""

    machine: Machine
    targets: tuple[Target, ...]
    words: tuple[str, ...]

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the devices while the block runs, so that nobody measures them meanwhile.

        Raises:
            Problem: somebody does already.
        """
        with ExitStack() as stack:
            for device in (target.device for target in self.targets):
                since = written(datetime.now(UTC))
                try:
                    stack.enter_context(held(device.uuid or device.id, since=since, folder=lock_dir()))
                except DeviceHeldError as error:
                    raise Problem(f"{device.id} is being measured by {error}", ExitCode.UNMEASURED) from error
                except LockError as error:
                    raise Problem(f"{device.id} cannot be locked: {error}", ExitCode.UNMEASURED) from error
            yield

    def prover(
        self, spec: ChainSpec, node_key: str, tell: Callable[[float], None] = lambda _part: None
    ) -> DeviceProver:
        """Who proves a chain with them; ``tell`` hears how far it is, and may end it by raising."""
        proving = [
            ProvingDevice(
                word=word,
                device=target.device.id,
                provider=target.provider,
                uuid=target.device.uuid,
                threads=threads_for(self.machine.host),
                memory_limit_bytes=takeable(target.memory_free_bytes),
            )
            for word, target in zip(self.words, self.targets, strict=True)
        ]
        warden = Warden.over([target.device for target in self.targets])
        return DeviceProver(spec, node_key, proving, tell=tell, warden=warden)
