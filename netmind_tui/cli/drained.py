"""What every command that measures does first: an agent that runs here is asked to leave the devices alone."""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from netmind_tui.cli import diagnostics

if TYPE_CHECKING:
    from netmind_tui.bench.plan import Plan


def drained(plan: "Plan") -> AbstractContextManager[None]:
    """Hold the devices of a plan while the block measures."""
    from netmind_tui.node.measuring import left_alone  # noqa: PLC0415 - only what measures needs it

    return left_alone(plan.devices, lambda words: diagnostics.say(f"netmind: {words}"))
