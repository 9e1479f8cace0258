"""A measurement beside a running agent: its devices are asked of it first, so that nothing works on them meanwhile."""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from netmind_tui.paths import SYSTEM_SOCKET, agent_dir, socket_path

if TYPE_CHECKING:
    from netmind_tui.node.control.client import Client

_LOOK_S = 0.1


@contextmanager
def left_alone(
    devices: Sequence[str],
    say: Callable[[str], None],
    *,
    via: str = "cli",
    cancelled: Callable[[], bool] | None = None,
) -> Iterator[None]:
    """Hold devices while the block runs, where an agent keeps them; without one nothing happens and nothing is said.

    An agent that runs and cannot be asked is no reason not to measure: ``say`` is told then, as when it drains them.
    Where ``cancelled`` comes to hold the block begins at once, whatever the agent still does.
    """
    with ExitStack() as stack:
        if devices and _may_be_there():
            _ask(stack, tuple(dict.fromkeys(devices)), say, via, cancelled)
        yield


def _may_be_there() -> bool:
    """Whether there is a socket to knock at; what speaks to one is loaded only then."""
    if os.environ.get("NETMIND_SOCKET"):
        return os.path.lexists(socket_path())
    own = any(os.path.lexists(path) for path in (socket_path(), agent_dir() / "agent.sock"))
    # The folder of the system's agent may be closed to this user: that there is one must be said all the same.
    return own or SYSTEM_SOCKET.parent.is_dir()


def _ask(
    stack: ExitStack,
    devices: tuple[str, ...],
    say: Callable[[str], None],
    via: str,
    cancelled: Callable[[], bool] | None,
) -> None:
    from netmind_tui.model.problem import Problem  # noqa: PLC0415 - only beside an agent
    from netmind_tui.model.selector import ranges  # noqa: PLC0415 - only beside an agent
    from netmind_tui.node.control.client import NoAgent  # noqa: PLC0415 - 30 ms, only beside an agent
    from netmind_tui.node.control.find import reach  # noqa: PLC0415 - only beside an agent

    try:
        client = reach(via=via)
        say(f"an agent runs here: it is asked to leave {ranges(devices)} alone while this measures")
        if cancelled is None:
            stack.enter_context(client.lease(devices))
        else:
            stack.enter_context(_Lease(client, devices, cancelled))
    except NoAgent as none:
        if not none.is_absent:
            say(f"measured beside whatever the agent does: {none.sentence}")
    except Problem as problem:
        say(f"measured beside whatever the agent does: {problem.sentence}")


class _Lease:
    """A lease that waits in a thread of its own, so that who waits for it can give up."""

    def __init__(self, client: "Client", devices: tuple[str, ...], cancelled: Callable[[], bool]) -> None:
        self._client, self._devices, self._cancelled = client, devices, cancelled
        self._settled, self._over = threading.Event(), threading.Event()
        self._error: Exception | None = None

    def __enter__(self) -> None:
        threading.Thread(target=self._hold, daemon=True).start()
        while not self._settled.wait(_LOOK_S) and not self._cancelled():
            pass
        if self._error is not None:
            raise self._error

    def __exit__(self, *_error: object) -> None:
        self._over.set()

    def _hold(self) -> None:
        try:
            with self._client.lease(self._devices):
                self._settled.set()
                self._over.wait()
        except Exception as error:  # noqa: BLE001 - whoever waits raises it
            self._error = error
            self._settled.set()
