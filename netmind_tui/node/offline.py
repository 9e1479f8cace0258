"""What there is to see of this machine while no agent runs: its devices, and the terms that wait for one."""

from datetime import UTC, datetime

from netmind_tui.certify.bar import bar_seen
from netmind_tui.model.agent import DeviceStatus, PolicyStatus, Status, Why
from netmind_tui.model.contribution import Contribution, Rung
from netmind_tui.model.decision import Reason
from netmind_tui.model.device import Device
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem
from netmind_tui.model.selector import select
from netmind_tui.paths import identity_dir, policy_path


def offline_status(sentence: str) -> Status:
    """The machine as it is now; ``sentence`` says why no agent answers."""
    bar = bar_seen(identity_dir())
    return Status(
        at=datetime.now(UTC),
        offline=sentence,
        barred=None if bar is None else bar.word,
        devices=tuple(DeviceStatus(device=each.id, uuid=each.uuid, name=each.name) for each in _devices()),
        policy=_policy(),
        warnings=() if bar is None else (bar.whole,),
    )


def offline_why(name: str | None, at: datetime) -> Why:
    """Why nothing is contributed.

    Raises:
        Problem: the name is no device of this machine.
    """
    from netmind_tui.config import read_config  # noqa: PLC0415 - only names can be aliases

    device = "node"
    if name is not None:
        found = select([name], _devices(), read_config().alias)
        if not found.devices:
            raise Problem(f"{name}: this machine has no such device", ExitCode.UNMEASURED)
        device = found.devices[0].id
    bar = bar_seen(identity_dir())
    words, lift = ("no agent runs", "netmind agent run") if bar is None else (bar.sentence, bar.mend)
    reasons = [Reason(code="no-agent", sentence=words, rung=Rung.STOP, lift=lift)]
    policy = _policy()
    if policy.refused is not None:
        reasons.append(Reason(code="policy", sentence=policy.refused, rung=Rung.STOP, lift="mend the file"))
    elif policy.windows == 0:
        words = "the policy allows no time" if policy.sha256 else f"there is no policy {policy.path}"
        reasons.append(Reason(code="outside-windows", sentence=words, rung=Rung.STOP, lift="netmind schedule set"))
    return Why(
        at=at,
        device=device,
        state=Contribution.OFFLINE,
        sentence="no agent runs here, so nothing is contributed, whatever the policy says",
        reasons=tuple(reasons),
    )


def _devices() -> tuple[Device, ...]:
    """The processor and the cards, those that cannot be read too."""
    from netmind_tui.probe.gpu import GpuProbe  # noqa: PLC0415 - a child process, only where there is a library
    from netmind_tui.probe.host import cpu_device, read_host  # noqa: PLC0415 - see above

    cpu = cpu_device(read_host())
    if not GpuProbe.library_found():
        return (cpu,)
    with GpuProbe() as probe:
        return (*probe.devices(), cpu)


def _policy() -> PolicyStatus:
    """The terms in the file, or why they could not be in force."""
    from netmind_tui.node.policy.file import read_source  # noqa: PLC0415 - for this machine alone

    path = policy_path()
    try:
        document = read_source(path).document
    except Problem as problem:
        return PolicyStatus(path=str(path), refused=problem.sentence)
    windows, zone = len(document.policy.windows), document.policy.zone
    return PolicyStatus(path=str(path), sha256=document.sha256, zone=zone, windows=windows)
