"""Whether a program runs that the owner wants the machine alone for."""

from netmind_tui.model.policy import Guard
from netmind_tui.node.sense.sensed import Sensed
from netmind_tui.probe.process_list import ProcessList

SOURCE = "process list"


def sense(guard: Guard, processes: ProcessList) -> Sensed:
    """How many of the guard's programs run, our own not counted."""
    found = processes.running(guard.programs)
    if not found and processes.blind is not None:
        return Sensed(kind=guard.kind, source=SOURCE, unknown=processes.blind)
    names = list(dict.fromkeys(each.name for each in found))
    words = f"{', '.join(names)} {'runs' if len(names) == 1 else 'run'}" if names else "none of them runs"
    return Sensed(kind=guard.kind, value=float(len(found)), words=words, source=SOURCE, limit=0.0)
