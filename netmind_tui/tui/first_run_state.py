"""What happens in the first run: questions are answered and gone through, and what follows from that."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from netmind_tui.model.measurement import Run
from netmind_tui.tui.first_run_page import STEPS, FirstRun
from netmind_tui.tui.message import Part

if TYPE_CHECKING:
    from netmind_tui.tui.state import State


class FirstRunMessage(Part):
    """Something that happened in the first run."""

    __slots__ = ()

    def after(self, state: "State") -> "State":
        """See ``Part``."""
        return replace(state, first_run=reduce_first_run(state.first_run, self))


@dataclass(frozen=True, slots=True)
class Answered(FirstRunMessage):
    """A setting was chosen; an empty word takes the answer back."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Stepped(FirstRunMessage):
    """The next question, or the one before."""

    by: int


@dataclass(frozen=True, slots=True)
class Began(FirstRunMessage):
    """From the first question on, with nothing answered."""


@dataclass(frozen=True, slots=True)
class Remembered(FirstRunMessage):
    """The last run that was kept was read: devices' power is known from it."""

    run: Run


def reduce_first_run(first_run: FirstRun, message: FirstRunMessage) -> FirstRun:
    """The first run after a message."""
    match message:
        case Answered(key, text):
            others = {name: each for name, each in first_run.answers.items() if name != key}
            return replace(first_run, answers={**others, key: text} if text else others)
        case Stepped(by):
            return replace(first_run, step=max(0, min(len(STEPS) - 1, first_run.step + by)))
        case Began():
            return FirstRun(measured=first_run.measured)
        case Remembered(run):
            return replace(first_run, measured=run)
    return first_run
