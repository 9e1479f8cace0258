"""Where a challenger is, as a URL says it: the one rule for options, settings and the line that speaks to it."""

import ipaddress
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

_SHOWN = 80


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
    sentence = url_fault(url)
    if sentence is not None:
        raise Problem(f"{option} {url[:_SHOWN]}: {sentence}", ExitCode.USAGE)
    parts = urlsplit(url)
    is_secure = parts.scheme == "https"
    return Place(
        url=url,
        host=parts.hostname or "",
        port=parts.port if parts.port is not None else (443 if is_secure else 80),
        path=parts.path.rstrip("/"),
        is_secure=is_secure,
    )


def url_fault(url: str) -> str | None:
    """Why a URL names no place, in a clause; ``None`` where it names one."""
    example = "https://challenger.example:8443"
    return f"a URL such as {example} is expected" if "?" in url else resource_fault(url, example)


def resource_fault(url: str, example: str = "https://tariff.example/rates.json") -> str | None:
    """Why a URL names nothing that may be fetched, in a clause; ``None`` where it does. A query may be in it."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises where it is none
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.fragment or "@" in parts.netloc:
        return f"a URL such as {example} is expected"
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        return "beyond this machine https is expected"
    return None


def is_loopback(host: str) -> bool:
    """Whether a host is this machine for certain."""
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"
