"""The node's end of the line: one message there, one back, over HTTP(S), with a limit on everything.

The standard library alone: whoever contributes needs no web framework to be challenged.
"""

import http.client
import json
import socket
import ssl
import threading
from contextlib import suppress
from time import monotonic
from typing import TypeVar

from netmind_tui.certify.refused import Refused
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.place import Place
from netmind_tui.model.problem import Problem

T = TypeVar("T", bound=socket.socket)
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


class Line:
    """One challenger, a connection for each message: none is held while the node computes."""

    def __init__(self, place: Place, *, patience_s: float = 30.0) -> None:
        self.place = place
        self._patience_s = patience_s
        self._tls = ssl.create_default_context() if place.is_secure else None

    def ask(self, path: str, message: bytes | None = None, *, within_s: float | None = None) -> bytes:
        """Send a message and return the answer; without one, only ask.

        Args:
            path: Where to.
            message: What to send.
            within_s: How long that may take, where it is less than the patience.

        Raises:
            Gone: nobody answers, or not in time, or with too much.
            TurnedAway: the answer is a refusal.
        """
        patience_s = self._patience_s if within_s is None else min(self._patience_s, within_s)
        exchange = _Exchange(self.place, self._tls, path, message, patience_s)
        exchange.start()
        try:
            is_done = exchange.done.wait(patience_s)
        finally:
            exchange.cut()
        if exchange.error is not None and is_done:
            raise Gone(self._cause(exchange.error, patience_s)) from exchange.error
        if exchange.answer is None or not is_done:
            raise Gone(self._late(patience_s))
        status, data = exchange.answer
        if len(data) > LARGEST_ANSWER:
            raise Gone(f"the challenger {self.place.url} answers with more than {LARGEST_ANSWER >> 10} KiB")
        if not _OK <= status <= _LAST_OK:
            raise TurnedAway(f"the challenger {self.place.url} refuses: {_reason(data, status)}", busy=status == _BUSY)
        return data

    def _cause(self, error: Exception, patience_s: float) -> str:
        url = self.place.url
        if isinstance(error, TimeoutError):
            return self._late(patience_s)
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"the challenger {url} has a certificate that is not believed here: {error.verify_message}"
        if isinstance(error, ConnectionRefusedError):
            return f"nobody answers at {url}: is the challenger there?"
        if isinstance(error, OSError) and not isinstance(error, http.client.HTTPException):
            words = (error.strerror or str(error)).lower()
            return f"the challenger {url} cannot be reached: {words}"
        return f"the challenger {url} broke off, or does not speak HTTP ({type(error).__name__})"

    def _late(self, patience_s: float) -> str:
        return f"the challenger {self.place.url} did not answer within {patience_s:g} s"


class _Exchange(threading.Thread):
    """One message and its answer, beside whoever waits for it.

    The timeout of a socket begins anew with every byte, and no timeout ends the look-up of a name. So nobody waits for
    this longer than they want, and what still goes on then is cut.
    """

    def __init__(
        self, place: Place, tls: ssl.SSLContext | None, path: str, message: bytes | None, patience_s: float
    ) -> None:
        super().__init__(name="challenger", daemon=True)
        self._place, self._tls, self._path, self._message = place, tls, place.path + path, message
        self._until = monotonic() + patience_s
        self._guard = threading.Lock()
        self._socket: socket.socket | None = None
        self._is_cut = False
        self.done = threading.Event()
        self.answer: tuple[int, bytes] | None = None
        self.error: Exception | None = None

    def run(self) -> None:
        """Ask; what comes of it is there when it is done."""
        try:
            self.answer = self._exchanged()
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.error = error
        finally:
            self.cut()
            self.done.set()

    def cut(self) -> None:
        """End it, from any thread: whoever reads from the socket wakes up."""
        with self._guard:
            self._is_cut = True
            if self._socket is not None:
                with suppress(OSError):
                    self._socket.shutdown(socket.SHUT_RDWR)

    def _exchanged(self) -> tuple[int, bytes]:
        place = self._place
        kind = http.client.HTTPConnection if self._tls is None else http.client.HTTPSConnection
        connection = kind(place.host, place.port)
        connection.sock = self._connected()
        try:
            headers = {"Content-Type": "application/json", "Connection": "close"}
            connection.request("GET" if self._message is None else "POST", self._path, self._message, headers)
            answer = connection.getresponse()
            data = bytearray()
            while len(data) <= LARGEST_ANSWER and (piece := answer.read(_PIECE)):
                data += piece
            if answer.length and len(data) <= LARGEST_ANSWER:  # so many bytes were promised and did not come
                raise http.client.IncompleteRead(bytes(data), answer.length)
            return answer.status, bytes(data)
        finally:
            connection.close()

    def _connected(self) -> socket.socket:
        """A socket to the first of the place's addresses at which somebody is."""
        place = self._place
        failed: OSError = ConnectionRefusedError()
        for family, kind, protocol, _, address in socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM):
            line = self._held(socket.socket(family, kind, protocol))
            try:
                line.connect(address)
                if self._tls is None:
                    return line
                line = self._held(
                    self._tls.wrap_socket(line, server_hostname=place.host, do_handshake_on_connect=False)
                )
                line.do_handshake()
            except ssl.SSLError:
                line.close()
                raise
            except OSError as error:
                line.close()
                failed = error
                continue
            return line
        raise failed

    def _held(self, line: T) -> T:
        """A socket that ``cut`` knows of, and that waits no longer than anybody does for this."""
        with self._guard:
            left_s = self._until - monotonic()
            if self._is_cut or left_s <= 0:
                line.close()
                raise TimeoutError
            line.settimeout(left_s)
            self._socket = line
        return line


def _reason(data: bytes, status: int) -> str:
    """What a refusal says, made harmless, or its number."""
    with suppress(ValueError, RecursionError):
        found = json.loads(data)
        if isinstance(found, dict) and isinstance(found.get("refused"), str):
            return Refused("challenge", found["refused"]).sentence
    return f"HTTP {status}"
