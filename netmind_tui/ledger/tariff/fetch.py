"""One GET of a tariff: bounded in time and size, only of what is new, and never led away from where it was sent."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPException, HTTPResponse
from typing import IO
from urllib import error, request
from urllib.parse import urlsplit

from netmind_tui import __version__
from netmind_tui.ledger.tariff.timed import TimedHTTP, TimedHTTPS
from netmind_tui.model.place import is_loopback, resource_fault

TIMEOUT_S = 20.0
LARGEST_BYTES = 8 << 20
_NOT_MODIFIED = 304
_PIECE = 1 << 16
_HEADERS = {"User-Agent": f"netmind/{__version__}", "Accept": "application/json, text/csv;q=0.9, */*;q=0.1"}
_MOST_WAIT_S = 6 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What a server calls the answer that it gave: the next question asks for what is newer."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came. ``body`` is ``None`` where nothing is newer."""

    body: bytes | None
    mark: Mark


class Unanswered(Exception):  # noqa: N818 - it is what happened
    """No answer that can be used. ``wait_s`` is how long the server wants to be left alone, where it says so."""

    def __init__(self, cause: str, wait_s: float | None = None) -> None:
        super().__init__(cause)
        self.cause = cause
        self.wait_s = wait_s


Fetch = Callable[[str, Mark], Answer]


def fetch(url: str, mark: Mark, *, timeout_s: float = TIMEOUT_S) -> Answer:
    """Ask for a URL; it takes ``timeout_s`` a step, and its answer, head and body, twice that in all.

    Raises:
        Unanswered: nobody answers, the answer is an error, too large or too slow, or leads to where it may not.
    """
    marks = {"If-None-Match": mark.etag, "If-Modified-Since": mark.last_modified}
    headers = _HEADERS | {name: word for name, word in marks.items() if word and word.isascii() and word.isprintable()}
    try:
        with _opener(url).open(request.Request(url, headers=headers), timeout=timeout_s) as answer:  # noqa: S310 - checked
            return Answer(body=_body(answer), mark=_mark(answer.headers))
    except error.HTTPError as failed:
        with failed:
            if failed.code == _NOT_MODIFIED:
                return Answer(body=None, mark=mark)
            raise Unanswered(f"HTTP {failed.code}", _wait_s(failed.headers)) from None
    except (error.URLError, HTTPException, OSError, ValueError) as failed:
        raise Unanswered(_cause(failed)) from failed


class _Redirects(request.HTTPRedirectHandler):
    """Follows a server to where a tariff may be fetched from, and never from TLS to the clear or into this machine."""

    def redirect_request(
        self, req: request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> request.Request | None:
        old, new = urlsplit(req.full_url), urlsplit(newurl)
        leads_in = is_loopback(new.hostname or "") and not is_loopback(old.hostname or "")
        if resource_fault(newurl) is not None or leads_in or (old.scheme == "https" and new.scheme != "https"):
            fp.close()
            raise Unanswered("it leads elsewhere, to where a tariff may not be fetched from")
        return super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type] # its own name for it


def _opener(url: str) -> request.OpenerDirector:
    """What speaks HTTP alone; a proxy of the environment is not asked for what is on this machine."""
    opener = request.OpenerDirector()
    handlers: list[request.BaseHandler] = [
        TimedHTTP(),
        TimedHTTPS(ssl.create_default_context()),
        request.HTTPDefaultErrorHandler(),
        request.UnknownHandler(),
        request.HTTPErrorProcessor(),
        _Redirects(),
    ]
    if not is_loopback(urlsplit(url).hostname or ""):
        handlers.append(request.ProxyHandler())
    for handler in handlers:
        opener.add_handler(handler)
    return opener


def _body(answer: HTTPResponse) -> bytes:
    """All of it, up to its largest size."""
    if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Unanswered("its answer is compressed, which was not asked for")
    # Asked first: some versions count it down while it is read, and some do not.
    length = answer.length
    found = bytearray()
    while piece := answer.read1(_PIECE):
        found += piece
        if len(found) > LARGEST_BYTES:
            raise Unanswered(f"its answer is larger than {LARGEST_BYTES >> 20} MiB")
    if length is not None and len(found) != length:
        raise Unanswered("its answer broke off")
    return bytes(found)


def _mark(headers: Message) -> Mark:
    return Mark(etag=headers.get("ETag"), last_modified=headers.get("Last-Modified"))


def _wait_s(headers: Message) -> float | None:
    text = headers.get("Retry-After", "")
    return min(float(text), _MOST_WAIT_S) if text.isascii() and text.isdigit() else None


def _cause(failed: Exception) -> str:
    reason = failed.reason if isinstance(failed, error.URLError) else failed
    if isinstance(reason, TimeoutError):
        return "it does not answer in time"
    if isinstance(reason, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {reason.verify_message}"
    if isinstance(reason, OSError) and reason.strerror:
        return reason.strerror.lower()
    words = "".join(sign if sign.isprintable() else " " for sign in str(reason))
    return " ".join(words.split())[:200].lower() or type(failed).__name__
