"""What a device does for others at a moment, and the rungs of the ladder on which work is given back."""

from enum import StrEnum


class Contribution(StrEnum):
    """The state of a device, in the words that every screen and document uses.

    ``paused`` is by the owner; ``gave-way`` is by a guard; ``idle`` is allowed by nothing (outside every window) or
    allowed without work; ``blocked`` waits for the owner (an answer, a reboot, a replaced device); ``offline`` is
    time in which no agent ran.
    """

    CONTRIBUTING = "contributing"
    IDLE = "idle"
    DRAINING = "draining"
    GAVE_WAY = "gave-way"
    PAUSED = "paused"
    BLOCKED = "blocked"
    LOST = "lost"
    OFFLINE = "offline"
    MEASURING = "measuring"


class Rung(StrEnum):
    """How far down the ladder a device goes.

    Work runs, takes nothing new, is suspended (GPU memory stays held), is stopped with grace (memory is free), or is
    killed at once.
    """

    RUN = "run"
    FINISH = "finish"
    SUSPEND = "suspend"
    STOP = "stop"
    KILL = "kill"


RUNGS = tuple(Rung)
"""In the order of the ladder, downwards."""


def lowest(rungs: "list[Rung] | tuple[Rung, ...]") -> Rung:
    """The rung that holds when several are asked for: the one furthest down; ``run`` when none is."""
    return max(rungs, key=RUNGS.index, default=Rung.RUN)
