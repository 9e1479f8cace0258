"""The certificates of the machine that does not exist: nobody signed them, and the screen says so."""

import gzip
from dataclasses import dataclass

from netmind_tui.document import decode
from netmind_tui.model.certificate import Certificate
from netmind_tui.model.comparison import Comparison
from netmind_tui.tui.cert_page import Held, Stands
from netmind_tui.tui.cert_state import CertificatesRead, Compared
from netmind_tui.tui.demo import demo_path
from netmind_tui.tui.message import Message

_FILE = "demo_cert.json.gz"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoCertificate:
    """What a certificate would say, and how its rates went since the one before it."""

    certificate: Certificate
    drift: Comparison | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoShelf:
    """All of them, newest first, at a time in UTC, and what none of them shows."""

    now: str
    not_shown: tuple[str, ...]
    kept: tuple[DemoCertificate, ...]


def demo_shelf() -> DemoShelf:
    """As the script made it."""
    return decode(gzip.decompress(demo_path(_FILE).read_bytes()), DemoShelf, "the certificates of the demo")


def demo_certificates() -> tuple[Message, ...]:
    """They are on the shelf, and the machine is as it was certified."""
    shelf = demo_shelf()
    kept = tuple(
        Held(
            path="",
            certificate=each.certificate,
            level="L0",
            drift=each.drift,
            no_drift="" if each.drift is not None else "it is the first of its chain",
        )
        for each in shelf.kept
    )
    return CertificatesRead(kept, (), shelf.not_shown, shelf.now), Compared(Stands())
