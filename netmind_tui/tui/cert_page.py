"""Certificates as the interface knows them: those that were kept, how the newest stands, and what is being judged."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from netmind_tui.model.finding import Action, Finding, Status

if TYPE_CHECKING:
    from netmind_tui.model.certificate import Certificate
    from netmind_tui.model.challenge import TimedRate
    from netmind_tui.model.comparison import Comparison
    from netmind_tui.model.requirement import Validation
    from netmind_tui.model.verification import Checked, VerifiedProof

CERTIFICATE, MAKE, HISTORY, PROFILES, RECORDS = ("certificate", "make", "history", "profiles", "records")
"""The pages of the screen."""

PROOF, CHALLENGE = "proof", "challenge"
"""What a certificate can be made with besides the figures that are signed."""

_NEXT = "make a new one: c on screen 6, or `netmind certify`"
_DAY_S, _HOUR_S, _MINUTE_S = 86400, 3600, 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A certificate on the shelf, verified as anybody else would.

    ``level`` is ``None`` where a check failed. ``proof`` and ``timed`` are what of them held. ``drift`` is how its
    rates went since the one before it; where that cannot be told, ``no_drift`` says why.
    """

    path: str
    certificate: "Certificate"
    level: str | None
    checks: "tuple[Checked, ...]" = ()
    proof: "VerifiedProof | None" = None
    timed: "TimedRate | None" = None
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
    that is none. ``stands`` is how the newest stands, ``now`` the time in UTC.
    ``doing`` is what goes on beside the interface, in words; ``part`` how far that is, from 0 to 1, where it is known;
    ``can_stop`` whether it can be stopped, and ``is_stopping`` whether somebody asked for that. ``trouble`` is why
    nothing came of it, and ``remark`` what the newest certificate was to have and was made without.
    """

    page: str = CERTIFICATE
    kept: "tuple[Held, ...] | None" = None
    damaged: tuple[str, ...] = ()
    not_shown: tuple[str, ...] = ()
    stands: Stands | None = None
    now: str | None = None
    doing: str | None = None
    part: float | None = None
    can_stop: bool = False
    is_stopping: bool = False
    trouble: str | None = None
    remark: str | None = None
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


def badge(cert: Cert, renew_before: timedelta) -> tuple[str, str]:
    """The newest certificate in a few words for every screen, and their role; no words where there is none.

    It is to be made anew from ``renew_before`` its end on.
    """
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
    if left < renew_before:
        return f"cert {newest.level} {remaining(left)}!", "warn"
    return f"cert {newest.level} · {remaining(left)}", "dim"


def needs_of(cert: Cert, renew_before: timedelta) -> Iterator[Finding]:
    """What the owner should know of the newest certificate, each with its next step; see ``badge``."""
    newest = cert.newest
    if newest is None or cert.now is None:
        return
    left = newest.left(cert.now)
    changes = cert.stands.changes if cert.stands is not None else ()
    if left <= timedelta(0):
        day = newest.certificate.expires_at[:10]
        yield _finding("certificate-ended", f"the certificate ended on {day}", f"expires_at {day}")
        return
    if newest.level is None:
        fault = newest.fault
        why = f"{fault.check}: {fault.sentence}" if fault is not None else "a check failed"
        yield _finding("certificate-does-not-hold", f"the certificate does not hold: {why}", why, Status.FAIL)
        return
    if changes:
        yield _finding("certificate-outdated", f"the certificate is outdated: {changes[0]}", ", ".join(changes))
    if left < renew_before:
        until = f"it holds until {newest.certificate.expires_at[:16].replace('T', ' ')} UTC"
        yield _finding("certificate-ending", f"the certificate ends in {remaining(left)}", until)


def _finding(name: str, title: str, evidence: str, status: Status = Status.WARN) -> Finding:
    return Finding(
        id=name,
        title=title,
        status=status,
        evidence=evidence,
        purpose="a certificate is worth something for as long as it holds and the machine is as it says",
        remediation=_NEXT,
        action=Action.ASK_OWNER,
    )
