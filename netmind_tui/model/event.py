"""What happened, one entry of the journal: typed, appended and never changed."""

from dataclasses import dataclass, field
from enum import StrEnum


class EventKind(StrEnum):
    """Kinds of events; the owner's hooks are by these names. Past participles, as in ``device lost``."""

    AGENT_STARTED = "agent-started"
    AGENT_STOPPED = "agent-stopped"
    AGENT_GAP = "agent-gap"
    CLOCK_JUMPED = "clock-jumped"
    MACHINE_SUSPENDED = "machine-suspended"
    ZONE_CHANGED = "zone-changed"
    DECISION_CHANGED = "decision-changed"
    OVERRIDE_SET = "override-set"
    OVERRIDE_ENDED = "override-ended"
    OVERRIDE_DENIED = "override-denied"
    POLICY_CHANGED = "policy-changed"
    POLICY_REFUSED = "policy-refused"
    GUARD_BLIND = "guard-blind"
    GUARD_SIGHTED = "guard-sighted"
    DEVICE_LOST = "device-lost"
    DEVICE_BACK = "device-back"
    DEVICE_REPLACED = "device-replaced"
    DEVICES_CHANGED = "devices-changed"
    DRIVER_CHANGED = "driver-changed"
    DRIVER_MISMATCH = "driver-mismatch"
    LIMITS_CHANGED = "limits-changed"
    WORK_STARTED = "work-started"
    WORK_ENDED = "work-ended"
    WORK_SUSPENDED = "work-suspended"
    WORK_RESUMED = "work-resumed"
    WORK_HELD = "work-held"
    WORK_RELEASED = "work-released"
    WORK_UNHEALTHY = "work-unhealthy"
    WORKLOADS_CHANGED = "workloads-changed"
    WORKLOADS_REFUSED = "workloads-refused"
    POWER_CAPPED = "power-capped"
    POWER_RESTORED = "power-restored"
    POWER_UNCAPPED = "power-uncapped"
    MEMORY_FREED = "memory-freed"
    MEASURING_STARTED = "measuring-started"
    MEASURING_ENDED = "measuring-ended"
    CERTIFICATE_MADE = "certificate-made"
    CERTIFICATE_FAILED = "certificate-failed"
    CERTIFICATE_OUTDATED = "certificate-outdated"
    BOOKING_STOPPED = "booking-stopped"
    BOOKING_RESUMED = "booking-resumed"
    BOOKING_REFUSED = "booking-refused"
    RATES_CHANGED = "rates-changed"
    RATES_REFUSED = "rates-refused"
    NODE_RESTORED = "node-restored"
    NODE_RETIRED = "node-retired"
    HOOK_FAILED = "hook-failed"
    JOURNAL_DEGRADED = "journal-degraded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event.

    ``id`` grows by one and is 0 until the journal has given it; ``at`` is UTC in ISO 8601 with milliseconds.

    ``boot`` tells boots apart and ``uptime_s`` is the time since that boot, suspended time counted: order and
    durations hold when the wall clock does not. ``sentence`` is for people; ``data`` are the facts behind it (state,
    previous, reason code, rung, until, exit code, last lines, who, via, value, limit, source …), numbers and strings
    only. ``cost`` is what it took (``"device_s"``…), ``prevention`` what would have kept it from happening, in one
    sentence, where that is known.
    """

    id: int = 0
    at: str
    kind: EventKind
    device: str | None = None
    sentence: str
    data: dict[str, str | int | float | bool | None] = field(default_factory=dict)
    boot: str = ""
    uptime_s: float = 0.0
    cost: dict[str, float] = field(default_factory=dict)
    prevention: str | None = None


def has_failed(event: Event) -> bool:
    """Whether work ended because something is wrong with it."""
    return event.kind is EventKind.WORK_ENDED and event.data.get("how") in ("crashed", "not-started")


def beside_device(sentence: str, device: str | None) -> str:
    """A sentence beside its device's name, which it need not say again: ``boinc was started on gpu:0``."""
    if not device:
        return sentence
    plain = sentence.removeprefix(f"{device} ").removeprefix(f"{device}: ").replace(f" on {device}", "", 1)
    return plain.replace(f"the memory of {device} is", "memory is", 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDocument(Event):
    """A line of ``netmind log --format jsonl``."""

    schema: str = "netmind.event/1"
