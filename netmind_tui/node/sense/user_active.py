"""How long nobody has used this machine by hand."""

from netmind_tui.model.policy import Guard
from netmind_tui.node.sense.seat import Idle
from netmind_tui.node.sense.sensed import Sensed


def sense(guard: Guard, idle: Idle) -> Sensed:
    """The seconds without input, as one of the sources tells them."""
    return Sensed(
        kind=guard.kind,
        value=idle.seconds,
        words=idle.words,
        source=idle.source,
        unknown=idle.unknown,
        learnt=idle.learnt,
    )
