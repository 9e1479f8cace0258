"""The first run as far as it is: the question that is asked now, what was answered, and what is to be written."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netmind_tui.model.measurement import Run

STEPS = ("machine", "benchmark", "electricity", "schedule", "payer")
"""In the order in which they are asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstRun:
    """How far it is. ``answers`` are settings by their key, as words; ``measured`` is the last run that was kept."""

    step: int = 0
    answers: dict[str, str] = field(default_factory=dict)
    measured: "Run | None" = None

    @property
    def name(self) -> str:
        """The question that is asked now."""
        return STEPS[self.step]

    @property
    def is_last(self) -> bool:
        """Whether none comes after it."""
        return self.step == len(STEPS) - 1

    @property
    def to_write(self) -> dict[str, str]:
        """What the configuration is to hold: the answers; and always a schedule, so that nothing is asked again."""
        return {"schedule.preset": "never", **self.answers}
