"""The node's end of the line: one message there, one back, over HTTP(S), with a limit on everything.

The standard library alone: whoever contributes needs no web framework to be challenged.
"""

import http.client
import ipaddress
import json
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from netmind_tui.certify.refused import Refused
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

LARGEST_ANSWER = 64 * 1024
_PIECE = 8192
_OK, _LAST_OK = 200, 299
_BUSY = 503


class Gone(Problem):
    """The challenger cannot be reached, does not answer in time, or answers nonsense."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, ExitCode.UNMEASURED)


class TurnedAway(Problem):
    """The challenger answered that it does not go on, and why."""

    def __init__(self, sentence: str, *, busy: bool) -> None:
        super().__init__(sentence, ExitCode.UNMEASURED)
        self.busy = busy


@dataclass(frozen=True, slots=True)
class Place:
    """Where a challenger is: its host, its port, the path before every message, and whether it is spoken to by TLS."""

    url: str
    host: str
    port: int
    path: str
    is_secure: bool


def read_url(url: str, option: str = "--challenger") -> Place:
    """The place that a URL names.

    Raises:
        Problem: it is none, or would be spoken to in the clear beyond this machine.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
        words = f"{option} {url[:80]}: a URL such as https://challenger.example:8443 is expected"
        raise Problem(words, ExitCode.USAGE)
    is_secure = parts.scheme == "https"
    if not is_secure and not is_loopback(parts.hostname):
        words = f"{option} {url[:80]}: beyond this machine https is expected"
        raise Problem(words, ExitCode.USAGE)
    return Place(
        url=url,
        host=parts.hostname,
        port=port if port is not None else (443 if is_secure else 80),
        path=parts.path.rstrip("/"),
        is_secure=is_secure,
    )


def is_loopback(host: str) -> bool:
    """Whether a host is this machine for certain."""
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


class Line:
    """One challenger, a connection for each message: none is held while the node computes."""

    def __init__(self, place: Place, *, patience_s: float = 30.0) -> None:
        self.place = place
        self._patience_s = patience_s
        self._tls = ssl.create_default_context() if place.is_secure else None

    def ask(self, path: str, message: bytes | None = None) -> bytes:
        """Send a message and return the answer; without one, only ask.

        Raises:
            Gone: nobody answers, or not within the patience, or with too much.
            TurnedAway: the answer is a refusal.
        """
        connection = self._connection()
        # Timeouts of a socket begin anew with every byte: this one ends the whole exchange.
        ended = threading.Event()
        timer = threading.Timer(self._patience_s, _end, (connection, ended))
        timer.daemon = True
        timer.start()
        try:
            status, data = self._exchanged(connection, path, message)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Gone(self._cause(error, late=ended.is_set())) from error
        finally:
            timer.cancel()
            connection.close()
        if ended.is_set():
            raise Gone(self._late())
        if not _OK <= status <= _LAST_OK:
            raise TurnedAway(f"the challenger {self.place.url} refuses: {_reason(data, status)}", busy=status == _BUSY)
        return data

    def _connection(self) -> http.client.HTTPConnection:
        place = self.place
        if self._tls is not None:
            return http.client.HTTPSConnection(place.host, place.port, timeout=self._patience_s, context=self._tls)
        return http.client.HTTPConnection(place.host, place.port, timeout=self._patience_s)

    def _exchanged(self, connection: http.client.HTTPConnection, path: str, message: bytes | None) -> tuple[int, bytes]:
        headers = {"Content-Type": "application/json", "Connection": "close"}
        connection.request("GET" if message is None else "POST", self.place.path + path, message, headers)
        answer = connection.getresponse()
        data = bytearray()
        while piece := answer.read(_PIECE):
            data += piece
            if len(data) > LARGEST_ANSWER:
                words = f"the challenger {self.place.url} answers with more than {LARGEST_ANSWER >> 10} KiB"
                raise Gone(words)
        if answer.length:  # so many bytes were promised and did not come
            raise http.client.IncompleteRead(bytes(data), answer.length)
        return answer.status, bytes(data)

    def _cause(self, error: Exception, *, late: bool) -> str:
        url = self.place.url
        if late or isinstance(error, TimeoutError):
            return self._late()
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"the challenger {url} has a certificate that is not believed here: {error.verify_message}"
        if isinstance(error, ConnectionRefusedError):
            return f"nobody answers at {url}: is the challenger there?"
        if isinstance(error, OSError) and not isinstance(error, http.client.HTTPException):
            words = (error.strerror or str(error)).lower()
            return f"the challenger {url} cannot be reached: {words}"
        return f"the challenger {url} broke off, or does not speak HTTP ({type(error).__name__})"

    def _late(self) -> str:
        return f"the challenger {self.place.url} did not answer within {self._patience_s:g} s"


def _end(connection: http.client.HTTPConnection, ended: threading.Event) -> None:
    """Cut a connection that takes too long: whoever reads from it wakes up."""
    ended.set()
    if (socket := connection.sock) is not None:
        with suppress(OSError):
            socket.shutdown(2)


def _reason(data: bytes, status: int) -> str:
    """What a refusal says, made harmless, or its number."""
    with suppress(ValueError, RecursionError):
        found = json.loads(data)
        if isinstance(found, dict) and isinstance(found.get("refused"), str):
            return Refused("challenge", found["refused"]).sentence
    return f"HTTP {status}"
