"""What reading a metric gives: a figure with what stands behind it, or the reason why there is none."""

from dataclasses import dataclass

from netmind_tui.model.certificate import Evidence
from netmind_tui.model.finding import Action
from netmind_tui.model.requirement import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A value in its base unit. ``interval`` is where it lies in truth, given for a figure that was not stable.

    ``evidence`` is a word: ``Evidence``'s, or ``declared``. ``source`` says where it is from; ``on`` the day of what
    was declared.
    """

    value: Value
    interval: tuple[float, float] | None = None
    evidence: str = Evidence.ASSERTED
    source: str | None = None
    on: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """Why there is no figure, in a sentence; empty where the metric's own says it. The next step, and who takes it."""

    sentence: str = ""
    remedy: str = "`netmind doctor` says what is missing here and how to get it"
    action: Action = Action.ASK_OWNER
