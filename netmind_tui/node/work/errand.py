"""One of the owner's commands, run by a keeper beside the program: to suspend it, to have it finish, to stop it.

A keeper loads this: nothing but the built-in library's lightest parts.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from netmind_tui.node.work.launch import Launched


class Errand:
    """One that is out. ``number`` is the agent's question, answered when it is back; ``due_s`` is when it must be.

    ``is_stop``: if it fails, the program is asked to end by signal.
    """

    __slots__ = ("due_s", "failure", "is_stop", "launched", "number", "pid")

    def __init__(self, number: object, due_s: float, *, is_stop: bool = False) -> None:
        self.number = number
        self.due_s = due_s
        self.is_stop = is_stop
        self.pid = 0
        self.launched: Launched | None = None
        self.failure: tuple[str, int] | None = None
