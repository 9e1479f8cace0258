"""Makes the proof for a certificate on this machine: chooses chain and devices, holds them, and proves."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime

from netmind_tui.bench.chain_catalog import open_chains
from netmind_tui.bench.lock import DeviceHeldError, LockError, held
from netmind_tui.bench.permit import takeable
from netmind_tui.bench.plan import Target, threads_for
from netmind_tui.bench.target import Machine, choose_targets
from netmind_tui.certify.moment import written
from netmind_tui.certify.proof.device import DeviceProver, ProvingDevice
from netmind_tui.certify.proof.embedded import embedded, provider_of
from netmind_tui.model.certificate import Proof
from netmind_tui.model.chain import Body, ChainSpec, chain_for
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.kernel import Provider
from netmind_tui.model.problem import Problem
from netmind_tui.model.result import Result, ResultDevice
from netmind_tui.paths import lock_dir
from netmind_tui.probe.gpu import GpuProbe


def prove_offline(
    result: Result,
    result_sha256: str,
    node_key: str,
    *,
    nonce: str | None,
    begins: Callable[[ChainSpec, tuple[str, ...]], None] = lambda _spec, _devices: None,
) -> Proof:
    """A proof by the devices of a result: its GPUs where it has any, else its processor.

    Args:
        result: What was measured.
        result_sha256: The digest of its document.
        node_key: The key that will sign.
        nonce: The verifier's, where there is one.
        begins: Told the chain and the devices before the work.

    Raises:
        Problem: a device is gone, busy or cannot prove the chain.
    """
    devices = proving(result)
    provider = provider_of(devices[0].device)
    spec = choose_chain(result, devices, provider)
    names = tuple(each.device for each in devices)
    with ExitStack() as stack:
        targets, threads = _targets(names, provider)
        for target in targets:
            _hold(target, stack)
        begins(spec, names)
        prover = DeviceProver(spec, node_key, _ready(devices, targets, threads))
        stack.callback(prover.close)
        return embedded(prover, names, node_key, result_sha256, nonce)


def proving(result: Result) -> tuple[ResultDevice, ...]:
    """The devices that prove: those that showed a rate, and the processor only where no GPU did."""
    able = {rate.device for rate in result.capacity}
    devices = [device for device in result.devices if device.device in able]
    cards = [device for device in devices if provider_of(device.device) is Provider.CUDA]
    return tuple(cards or devices)


def choose_chain(result: Result, devices: Sequence[ResultDevice], provider: Provider) -> ChainSpec:
    """The chain by the rule; in half precision only where the run showed that to be faster on every device.

    Raises:
        Problem: the catalogue has none for them.
    """
    chains, memory = open_chains(), [device.memory_total_bytes or 0 for device in devices]
    rates = {(rate.device, rate.kernel): rate.value for rate in result.capacity}
    is_faster = all(
        rates.get((each.device, "gemm.fp16"), 0.0) > rates.get((each.device, "gemm.int8"), 0.0) for each in devices
    )
    half = chain_for(chains, provider, memory, Body.FP16) if is_faster else None
    spec = half or chain_for(chains, provider, memory)
    if spec is None:
        names = ", ".join(device.device for device in devices)
        raise Problem(f"the catalogue has no chain that {names} could prove", ExitCode.UNMEASURED)
    return spec


def _targets(names: Sequence[str], provider: Provider) -> tuple[tuple[Target, ...], int]:
    """The devices as they are now, in that order, and the threads for each processor."""
    probe = GpuProbe(wake=True) if provider is Provider.CUDA and GpuProbe.library_found() else None
    try:
        machine = Machine.read(probe)
        found = {each.device.id: each for each in choose_targets(machine, probe, names, None, force=False)}
    finally:
        if probe is not None:
            probe.close()
    for name in names:
        if (because := found[name].refused) is not None:
            raise Problem(f"{name} cannot prove anything now: {because.detail}", ExitCode.UNMEASURED)
    return tuple(found[name] for name in names), threads_for(machine.host)


def _hold(target: Target, stack: ExitStack) -> None:
    device = target.device
    try:
        stack.enter_context(held(device.uuid or device.id, since=written(datetime.now(UTC)), folder=lock_dir()))
    except DeviceHeldError as error:
        raise Problem(f"{device.id} is being measured by {error}", ExitCode.UNMEASURED) from error
    except LockError as error:
        raise Problem(f"{device.id} cannot be locked: {error}", ExitCode.UNMEASURED) from error


def _ready(devices: Sequence[ResultDevice], targets: Sequence[Target], threads: int) -> list[ProvingDevice]:
    return [
        ProvingDevice(
            word=device.identity or device.device,
            device=device.device,
            provider=target.provider,
            uuid=target.device.uuid,
            threads=threads,
            memory_limit_bytes=takeable(target.memory_free_bytes),
        )
        for device, target in zip(devices, targets, strict=True)
    ]
