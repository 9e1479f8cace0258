"""HTTP connections whose answers come to an end: one that drips, head or body, is as silent as one that never comes."""

import io
import time
from functools import partial
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from socket import socket
from ssl import SSLContext
from typing import IO, Any
from urllib import request

WAITS = 2
"""So many times the time that one step may take, a whole answer may."""


class TimedHTTP(request.HTTPHandler):
    """Speaks HTTP; an answer has twice the time of a step."""

    def http_open(self, req: request.Request) -> HTTPResponse:
        """Ask, and wait for the head of the answer."""
        return self.do_open(_Plain, req)


class TimedHTTPS(request.HTTPSHandler):
    """The same over TLS.

    Args:
        context: whom it trusts.
    """

    def __init__(self, context: SSLContext) -> None:
        super().__init__(context=context)
        self._tls = context

    def https_open(self, req: request.Request) -> HTTPResponse:
        """Ask, and wait for the head of the answer."""
        return self.do_open(partial(_Secure, context=self._tls), req)


class _Timed(io.RawIOBase):
    """What a server sends, until its time is up."""

    def __init__(self, line: socket) -> None:
        super().__init__()
        self._line = line
        self._raw = line.makefile("rb", buffering=0)
        self._step_s = line.gettimeout() or 0.0
        self._ends = time.monotonic() + WAITS * self._step_s

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:  # noqa: ANN401 - any buffer
        left_s = self._ends - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        self._line.settimeout(min(left_s, self._step_s))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Line:
    """A socket as an answer reads it."""

    def __init__(self, line: socket) -> None:
        self._line = line

    def makefile(self, _mode: str) -> IO[bytes]:
        return io.BufferedReader(_Timed(self._line))


class _Answer(HTTPResponse):
    def __init__(self, sock: socket, *arguments: Any, **members: Any) -> None:  # noqa: ANN401 - as its kind has them
        super().__init__(_Line(sock), *arguments, **members)  # type: ignore[arg-type] # all that it asks of a socket


class _Plain(HTTPConnection):
    response_class = _Answer


class _Secure(HTTPSConnection):
    response_class = _Answer
