"""One line of time for a device: how it was, and how it will be as every rule decides."""

from dataclasses import dataclass, field
from datetime import datetime

from netmind_tui.model.contribution import Contribution
from netmind_tui.model.policy import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From ``start`` to ``end`` (UTC, the end not included) one state and one primary reason.

    In the future ``contributing`` means that it will be allowed, and that nothing is known to keep work from running
    (``no-work`` says what does). ``blocked_by`` are the codes of the rules that deny
    although a window allows (price, an exception): what each rule costs follows from them. ``is_expected`` marks what
    a live guard is only assumed to go on saying.
    """

    start: datetime
    end: datetime
    state: Contribution
    code: str
    sentence: str
    window: str | None = None
    limits: Limits = field(default_factory=Limits)
    blocked_by: tuple[str, ...] = ()
    is_expected: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceLine:
    """The spans of one device, without gaps, oldest first."""

    device: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleEffect:
    """What one rule takes: the device-hours inside windows that it denies."""

    code: str
    sentence: str
    device_hours: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """``netmind schedule preview --json`` and the timeline of the screens."""

    schema: str = "netmind.timeline/1"
    zone: str
    start: datetime
    now: datetime
    end: datetime
    devices: tuple[DeviceLine, ...]
    painted_hours: float = 0.0
    runs_hours: float = 0.0
    effects: tuple[RuleEffect, ...] = ()
