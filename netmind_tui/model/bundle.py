"""The evidence behind entries: what was metered, what happened around it, and what it was judged by; signed."""

from dataclasses import dataclass, field
from datetime import datetime

from netmind_tui.model.books import LedgerHead
from netmind_tui.model.earnings import EntryText
from netmind_tui.model.event import Event
from netmind_tui.model.metering import Interval

EVIDENCE_TYPE = "urn:netmind:evidence:1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """Telemetry of a device around the work: averages over ``step_s`` seconds, ``None`` where nothing was read."""

    device: str
    metric: str
    unit: str
    start: datetime
    step_s: int
    values: tuple[float | None, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceBundle:
    """``netmind earnings evidence``: everything about some entries that a third party needs to judge them.

    ``entries`` are the metered ones with all that is booked about them, ``intervals`` what they were booked of,
    ``events`` the journal around them. ``certificate`` and ``receipts`` are signed envelopes as they are kept, in
    base64; ``card`` is the rate card that was in force, as text of its file. ``absent`` says what could not be found.
    """

    schema: str = "netmind.evidence/1"
    id: str
    node_key: str
    made_at: datetime
    start: datetime
    end: datetime
    zone: str
    head: LedgerHead = field(default_factory=LedgerHead)
    entries: tuple[EntryText, ...] = ()
    intervals: tuple[Interval, ...] = ()
    events: tuple[Event, ...] = ()
    samples: tuple[Samples, ...] = ()
    certificate: str | None = None
    card: str | None = None
    receipts: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
