"""What is known of the machine at one moment, as far as the owner's terms ask for it.

Made by the agent, read by ``decide``.
"""

from dataclasses import dataclass, field
from datetime import datetime

from netmind_tui.model.policy import GuardKind


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardFact:
    """What one guard sees of one device, or of the machine (``device`` is ``None``), its hysteresis already applied.

    ``denies`` since ``since``; ``lifts_at`` is the earliest moment at which it lets go if nothing changes, where that
    is known. ``value`` and ``limit`` are in words with units (``"81 °C"``, ``"80 °C"``); ``source`` is where it was
    read (``logind``, ``x11``, ``nvml``, ``psutil`` …). ``unknown`` says why it cannot be seen: then ``was_known``
    tells whether this machine ever had that source.
    """

    kind: GuardKind
    device: str | None = None
    denies: bool = False
    since: datetime | None = None
    lifts_at: datetime | None = None
    value: str | None = None
    limit: str | None = None
    source: str | None = None
    unknown: str | None = None
    was_known: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceFact:
    """A device of this machine now.

    ``lost`` and ``blocked`` say why; ``is_replaced``: another card than before in its slot.

    ``is_measuring``: a benchmark holds it, or has asked for it (``wants_measuring``: it drains first). ``works``: a
    workload runs on it now. ``waits`` says why none could begin, where none could: nothing is defined for the device,
    the owner stopped it, or it failed and is tried again later (at ``waits_until``); ``waits_lift`` is the command that
    ends that. ``longest_s`` and ``lead_s`` are of the workload that runs there, or would.
    """

    device: str
    uuid: str | None = None
    lost: str | None = None
    blocked: str | None = None
    is_replaced: bool = False
    is_measuring: bool = False
    wants_measuring: bool = False
    works: bool = False
    longest_s: float | None = None
    lead_s: float | None = None
    waits: str | None = None
    waits_until: datetime | None = None
    waits_lift: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """The machine at one moment.

    Its devices, what each guard sees, and what blocks everything (a driver that was updated).
    """

    devices: tuple[DeviceFact, ...] = ()
    facts: tuple[GuardFact, ...] = ()
    blocked: str | None = None
    aliases: dict[str, str] = field(default_factory=dict)
