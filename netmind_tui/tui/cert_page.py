"""Certificates as the interface knows them: those that were kept, how the newest stands, and what is being judged."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netmind_tui.model.certificate import Certificate
    from netmind_tui.model.comparison import Comparison
    from netmind_tui.model.finding import Finding
    from netmind_tui.model.requirement import Validation
    from netmind_tui.model.verification import Checked

CERTIFICATE, MAKE, HISTORY, PROFILES, RECORDS = ("certificate", "make", "history", "profiles", "records")
"""The pages of the screen."""

RENEW_DAYS = 7
"""A certificate that ends within so many days is to be made anew."""
_DAY_S, _HOUR_S, _MINUTE_S = 86400, 3600, 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A certificate on the shelf, verified as anybody else would.

    ``level`` is ``None`` where a check failed. ``drift`` is how its rates went since the one before it; where that
    cannot be told, ``no_drift`` says why.
    """

    path: str
    certificate: "Certificate"
    level: str | None
    checks: "tuple[Checked, ...]" = ()
    drift: "Comparison | None" = None
    no_drift: str = ""

    @property
    def fault(self) -> "Checked | None":
        """The first check that failed or could not be made, if any."""
        for answer in ("failed", "unknown"):
            for checked in self.checks:
                if checked.answer == answer:
                    return checked
        return None

    def left(self, now: str) -> timedelta:
        """How long it holds yet; less than nothing where it has ended."""
        return datetime.fromisoformat(self.certificate.expires_at) - datetime.fromisoformat(now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stands:
    """How the newest certificate stands to the machine as it was last described.

    ``changes`` make it outdated; ``unknown`` cannot be told now; of ``uncovered`` devices it says nothing.
    """

    changes: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    uncovered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A profile of requirements that comes with this program.

    ``suite`` is what shows everything that it asks for, ``because`` why it takes more than the least one.
    """

    name: str
    title: str
    suite: str
    because: str | None
    requirements: int
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cert:
    """Everything of certificates and requirements.

    ``kept`` are the certificates, newest first, ``None`` until they were read; ``damaged`` a sentence for each file
    that is none. ``stands`` is how the newest stands, ``now`` the time in UTC; ``needs`` what the owner should know.
    ``doing`` is what goes on beside the interface, in words.
    """

    page: str = CERTIFICATE
    kept: "tuple[Held, ...] | None" = None
    damaged: tuple[str, ...] = ()
    not_shown: tuple[str, ...] = ()
    stands: Stands | None = None
    now: str | None = None
    needs: "tuple[Finding, ...]" = ()
    doing: str | None = None
    trouble: str | None = None
    profiles: tuple[Profile, ...] = ()
    validation: "Validation | None" = None

    @property
    def newest(self) -> Held | None:
        """The one that counts."""
        return self.kept[0] if self.kept else None


def remaining(left: timedelta) -> str:
    """A length of time in one unit: ``23 d``, ``5 h``, ``12 min``."""
    seconds = max(0, int(left.total_seconds()))
    if seconds >= _DAY_S:
        return f"{seconds // _DAY_S} d"
    return f"{seconds // _HOUR_S} h" if seconds >= _HOUR_S else f"{seconds // _MINUTE_S} min"


def badge(cert: Cert) -> tuple[str, str]:
    """The newest certificate in a few words for every screen, and their role; no words where there is none."""
    newest = cert.newest
    if newest is None or cert.now is None:
        return "", "dim"
    left = newest.left(cert.now)
    if left <= timedelta(0):
        return "cert ended", "warn"
    if newest.level is None:
        return "cert does not hold", "bad"
    if cert.stands is not None and cert.stands.changes:
        return f"cert {newest.level} outdated", "warn"
    if left < timedelta(days=RENEW_DAYS):
        return f"cert {newest.level} {remaining(left)}!", "warn"
    return f"cert {newest.level} · {remaining(left)}", "dim"
