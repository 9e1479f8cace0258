"""The sessions of this machine as systemd-logind knows them, and its leave to stay awake: the one door to D-Bus.

Asked each time, because its signals cannot be relied on, and session by session, because its summary of all sessions
counts those that the system itself opens. Nothing here waits longer than its time limit.
Sources: org.freedesktop.login1(5); systemd.io, "Inhibitor Locks".
"""

import os
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from netmind_tui.probe.unheard import NobodyThere, Unheard, because

if TYPE_CHECKING:
    from jeepney.io.blocking import DBusConnection

_ADDRESS = "unix:path=/run/dbus/system_bus_socket"
_SERVICE, _PATH = "org.freedesktop.login1", "/org/freedesktop/login1"
_MANAGER, _SESSION = f"{_SERVICE}.Manager", f"{_SERVICE}.Session"
_NOT_THERE = frozenset(
    {
        "org.freedesktop.DBus.Error.ServiceUnknown",
        "org.freedesktop.DBus.Error.NameHasNoOwner",
        "org.freedesktop.DBus.Error.Spawn.ServiceNotFound",
    }
)
_ENDED = frozenset({f"{_SERVICE}.NoSuchSession", "org.freedesktop.DBus.Error.UnknownObject"})
_ABSENT = "logind does not run on this machine"
_NO_BUS = "there is no system bus to ask logind on"
_GRAPHICAL = frozenset({"x11", "wayland", "mir"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One session.

    ``kind`` is ``x11``, ``wayland``, ``tty`` …; ``group`` is logind's class: ``user``, ``user-early`` (root's),
    ``user-light``, ``greeter``, ``background`` …
    ``state`` is ``active`` in the foreground, ``online`` behind another one, ``closing`` at its end. ``idle_since_s``
    is on the monotonic clock: since when the desktop says that nobody is there, or the last input of a terminal.
    """

    id: str
    user: str
    seat: str = ""
    kind: str = ""
    group: str = ""
    state: str = ""
    tty: str = ""
    display: str = ""
    is_remote: bool = False
    is_idle: bool = False
    idle_since_s: float | None = None

    @property
    def is_somebodys(self) -> bool:
        """Whether a person has it: every class of users, and not yet at its end."""
        return self.group.startswith("user") and self.state != "closing"

    @property
    def is_local(self) -> bool:
        """Whether somebody has it at this machine, or at a desktop that it draws for another screen."""
        return self.is_somebodys and not self.is_remote

    @property
    def is_graphical(self) -> bool:
        """Whether it is a desktop."""
        return self.kind in _GRAPHICAL


class Logind:
    """Asks logind; the connection stays open, and is made anew after it was lost, at most every ``retry_s``.

    Args:
        address: the bus; the system's by default.
        timeout_s: how long each answer may take.
        retry_s: how long a bus that could not be reached is left alone.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        address: str | None = None,
        timeout_s: float = 0.25,
        retry_s: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._address = address or os.environ.get("DBUS_SYSTEM_BUS_ADDRESS") or _ADDRESS
        self._timeout_s = timeout_s
        self._retry_s = retry_s
        self._clock = clock
        self._connection: DBusConnection | None = None
        self._failed: tuple[float, str] | None = None

    def sessions(self) -> tuple[Session, ...]:
        """All sessions there are.

        Raises:
            Unheard: there is no bus, no logind on it, or no answer in time.
        """
        if self._failed is not None and self._clock() - self._failed[0] < self._retry_s:
            raise Unheard(self._failed[1])
        try:
            listed = self._call(_PATH, _MANAGER, "ListSessions", "", ())[0]
            found = [self._session(*entry) for entry in listed]
        except TimeoutError:
            self._give_up("logind does not answer")
        except OSError as error:
            self._give_up(f"{_NO_BUS}: {because(error)}")
        except (ValueError, TypeError, LookupError, RuntimeError) as error:
            self._give_up(f"logind answers what cannot be read: {type(error).__name__}")
        self._failed = None
        return tuple(each for each in found if each is not None)

    def inhibit(self, what: str, who: str, why: str) -> int:
        """Have logind put off what it would do by itself (``idle``, ``sleep``), until the descriptor is closed.

        The connection is another one, and is not needed any longer once the descriptor is here.

        Raises:
            NobodyThere: there is no bus, or no logind on it.
            Unheard: there is no answer in time, or it is not allowed.
        """
        try:
            with closing(_connect(self._address, self._timeout_s, takes_files=True)) as connection:
                answer = _asked(connection, _PATH, _MANAGER, "Inhibit", "ssss", (what, who, why, "block"))
                descriptor: int = answer[0].to_raw_fd()
        except _Refused as error:
            if error.name in _NOT_THERE:
                raise NobodyThere(_ABSENT) from None
            raise Unheard(f"logind does not allow it: {error.name}") from None
        except TimeoutError:
            raise Unheard("logind does not answer") from None
        except OSError as error:
            raise NobodyThere(f"{_NO_BUS}: {because(error)}") from None
        except (ValueError, TypeError, LookupError, RuntimeError, AttributeError) as error:
            raise Unheard(f"logind answers what cannot be read: {type(error).__name__}") from None
        os.set_inheritable(descriptor, False)
        return descriptor

    def close(self) -> None:
        """Let go of the bus."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _give_up(self, why: str) -> NoReturn:
        self.close()
        self._failed = (self._clock(), why)
        raise Unheard(why)

    def _session(self, name: str, _uid: int, user: str, seat: str, path: str) -> Session | None:
        try:
            answer = self._call(path, "org.freedesktop.DBus.Properties", "GetAll", "s", (_SESSION,))[0]
        except _Gone:
            return None
        return _made(name, user, seat, {key: value for key, (_, value) in answer.items()})

    def _call(self, path: str, interface: str, method: str, signature: str, body: tuple[Any, ...]) -> tuple[Any, ...]:
        try:
            return _asked(self._open(), path, interface, method, signature, body)
        except _Refused as error:
            if error.name in _NOT_THERE:
                self._give_up(_ABSENT)
            if path != _PATH and error.name in _ENDED:
                raise _Gone from None
            self._give_up(f"logind refuses to tell its sessions: {error.name}")

    def _open(self) -> "DBusConnection":
        if self._connection is None:
            self._connection = _connect(self._address, self._timeout_s)
        return self._connection


def _asked(
    connection: "DBusConnection", path: str, interface: str, method: str, signature: str, body: tuple[Any, ...]
) -> tuple[Any, ...]:
    """What logind answers.

    Raises:
        _Refused: with the name of its error.
    """
    # Imported here: what asks nothing of logind does without it.
    from jeepney import DBusAddress, MessageFlag, MessageType, new_method_call  # noqa: PLC0415

    message = new_method_call(DBusAddress(path, _SERVICE, interface), method, signature or None, body)
    # A machine without logind must not be made to start one.
    message.header.flags |= MessageFlag.no_auto_start
    reply = connection.send_and_get_reply(message)
    if reply.header.message_type is MessageType.error:
        raise _Refused(str(reply.header.fields.get(_ERROR_NAME, "")))
    return tuple(reply.body)


def _connect(address: str, timeout_s: float, *, takes_files: bool = False) -> "DBusConnection":
    """A connection whose first words are not waited for any longer than later ones."""
    from jeepney.bus import get_bus  # noqa: PLC0415 - see above
    from jeepney.io.blocking import DBusConnection, prep_socket  # noqa: PLC0415 - see above

    class Bounded(DBusConnection):  # type: ignore[misc,unused-ignore] # jeepney has no types
        def send_and_get_reply(self, message: Any, *, timeout: float | None = None) -> Any:  # noqa: ANN401 - jeepney's
            return super().send_and_get_reply(message, timeout=timeout_s if timeout is None else timeout)

    try:
        place = get_bus(address)
    except (RuntimeError, ValueError, LookupError, StopIteration):
        raise OSError(f"its address {address} cannot be used") from None
    connected = prep_socket(place, enable_fds=takes_files, timeout=timeout_s)
    try:
        return Bounded(connected, enable_fds=takes_files)
    except BaseException:
        connected.close()
        raise


class _Refused(Exception):  # noqa: N818 - logind's answer
    """It answered with an error of this name."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class _Gone(Exception):  # noqa: N818 - what became of it
    """The session has ended since it was listed."""


_ERROR_NAME = 4  # HeaderFields.error_name


def _made(name: str, user: str, seat: str, properties: Mapping[str, Any]) -> Session:
    since_us = int(properties.get("IdleSinceHintMonotonic", 0))
    return Session(
        id=name,
        user=user,
        seat=seat,
        kind=str(properties.get("Type", "")),
        group=str(properties.get("Class", "")),
        state=str(properties.get("State", "")),
        tty=str(properties.get("TTY", "")),
        display=str(properties.get("Display", "")),
        is_remote=bool(properties.get("Remote", False)),
        is_idle=bool(properties.get("IdleHint", False)),
        idle_since_s=since_us / 1e6 if since_us else None,
    )
