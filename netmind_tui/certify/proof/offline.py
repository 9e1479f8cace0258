"""Makes the proof for a certificate: the devices of a result prove the chain that their rates and memory call for."""

from collections.abc import Callable, Sequence
from contextlib import closing

from netmind_tui.bench.chain_catalog import open_chains
from netmind_tui.certify.proof.embedded import embedded, provider_of
from netmind_tui.certify.proof.team import Team, look
from netmind_tui.model.certificate import Proof
from netmind_tui.model.chain import Body, ChainSpec, chain_for
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.kernel import Provider
from netmind_tui.model.problem import Problem
from netmind_tui.model.result import Result, ResultDevice


def prove_offline(
    result: Result,
    result_sha256: str,
    node_key: str,
    *,
    nonce: str | None,
    begins: Callable[[ChainSpec, tuple[str, ...]], None] = lambda _spec, _devices: None,
    tell: Callable[[float], None] = lambda _part: None,
) -> Proof:
    """A proof by the devices of a result: its GPUs where it has any, else its processor.

    Args:
        result: What was measured.
        result_sha256: The digest of its document.
        node_key: The key that will sign.
        nonce: The verifier's, where there is one.
        begins: Told the chain and the devices before the work.
        tell: Hears how far it is, and may end it by raising.

    Raises:
        Problem: a device is gone, busy or cannot prove the chain.
    """
    devices = proving(result)
    spec = choose_chain(result, devices, provider_of(devices[0].device))
    names = tuple(each.device for each in devices)
    team = _team(devices)
    with team.held():
        begins(spec, names)
        with closing(team.prover(spec, node_key, tell)) as prover:
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


def _team(devices: Sequence[ResultDevice]) -> Team:
    """The devices of a result as they are now, under the words that the certificate will have for them."""
    machine, targets = look([each.device for each in devices])
    found = {target.device.id: target for target in targets}
    for each in devices:
        if (because := found[each.device].refused) is not None:
            raise Problem(f"{each.device} cannot prove anything now: {because.detail}", ExitCode.UNMEASURED)
    return Team(
        machine=machine,
        targets=tuple(found[each.device] for each in devices),
        words=tuple(each.identity or each.device for each in devices),
    )
