"""Where work is to be, by what is decided for its devices: the rung, how long it may take, within which limits."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from netmind_tui.model.contribution import RUNGS, Rung
from netmind_tui.model.decision import Decision
from netmind_tui.model.policy import Limits
from netmind_tui.model.workload import Workload
from netmind_tui.node.work.instance import Placed

NEEDED_GRACE_S = 3.5
"""How long work may take to end when somebody needs the device: its memory is to be free within five seconds."""
_NEEDED = frozenset({"user-active", "gpu-in-use", "exclusive", "stopped"})
_AWAY = frozenset({"lost", "replaced"})
_DRAINS = "draining-to-measure"

Decided = Mapping[str, Decision]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where an instance is to be: its rung, its limits, and of a stop how long it may take."""

    rung: Rung
    limits: Limits = field(default_factory=Limits)
    grace_s: float = 0.0

    @property
    def firmness(self) -> tuple[int, float]:
        """What comes before what: the rung, and of two stops the shorter one."""
        return RUNGS.index(self.rung), -self.grace_s


def target(workload: Workload, devices: Sequence[Placed], decided: Decided) -> Target:
    """Where an instance is to be: what the strictest of its devices asks for; one that is away does not count."""
    asked = [_asked(workload, decided.get(each.device)) for each in devices]
    away = [each.device not in decided or is_away(each.device, decided) for each in devices]
    here = [each for each, is_gone in zip(asked, away, strict=True) if not is_gone]
    if here and any(away):
        # It is ended, and started anew with the rest.
        here.append(Target(rung=Rung.STOP, grace_s=workload.grace_s))
    return replace(firmest(here or asked), limits=lowest_limits(each.limits for each in asked))


def firmest(targets: Iterable[Target]) -> Target:
    """Of several, the one that counts."""
    return max(targets, key=lambda each: each.firmness)


def is_away(device: str, decided: Decided) -> bool:
    """Whether a device cannot be had at all, so that others are not to wait for it."""
    found = decided.get(device)
    return found is not None and found.reason.code in _AWAY and found.rung is not Rung.RUN


def may_start(device: str, decided: Decided) -> bool:
    """Whether work may begin on a device."""
    found = decided.get(device)
    return found is not None and found.rung is Rung.RUN and found.may_start


def lowest_limits(limits: Iterable[Limits]) -> Limits:
    """The lowest of each limit."""
    all_of = tuple(limits)
    return Limits(
        cpu_share_pct=min((each.cpu_share_pct for each in all_of if each.cpu_share_pct is not None), default=None),
        gpu_memory_share_pct=min(
            (each.gpu_memory_share_pct for each in all_of if each.gpu_memory_share_pct is not None), default=None
        ),
        power_cap_w=min((each.power_cap_w for each in all_of if each.power_cap_w is not None), default=None),
    )


def _asked(workload: Workload, decision: Decision | None) -> Target:
    """Where the decision of one device wants it."""
    if decision is None:
        return Target(rung=Rung.KILL)
    rung, grace_s = decision.rung, workload.grace_s
    if rung is Rung.FINISH and decision.reason.code == _DRAINS and not workload.finish:
        # Nothing can tell it to come to an end, and a measurement waits.
        rung = Rung.STOP
    firm = (each for each in decision.reasons if not each.is_overridden and each.rung in (Rung.STOP, Rung.KILL))
    if rung is Rung.STOP and not _NEEDED.isdisjoint(each.code for each in firm):
        grace_s = min(grace_s, NEEDED_GRACE_S)
    return Target(rung=rung, limits=decision.limits, grace_s=grace_s if rung is Rung.STOP else 0.0)
