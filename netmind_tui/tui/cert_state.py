"""What happens to certificates and requirements, and what follows from that."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from netmind_tui.model.finding import Action, Finding, Status
from netmind_tui.model.requirement import Validation
from netmind_tui.tui.cert_page import (
    CERTIFICATE,
    RECORDS,
    RENEW_DAYS,
    Cert,
    Held,
    Profile,
    Stands,
    remaining,
)
from netmind_tui.tui.message import Part

if TYPE_CHECKING:
    from netmind_tui.tui.state import State

_NEXT = "make a new one: c on screen 6, or `netmind certify`"
_ROWS = ("claims", "certificates", "records")


class CertMessage(Part):
    """Something that happened to certificates."""

    __slots__ = ()

    def after(self, state: "State") -> "State":
        """See ``Part``."""
        return replace(state, cert=reduce_cert(state.cert, self))


@dataclass(frozen=True, slots=True)
class CertificatesRead(CertMessage):
    """The shelf was read, newest first: at a time in UTC, with what no certificate shows."""

    kept: tuple[Held, ...]
    damaged: tuple[str, ...]
    not_shown: tuple[str, ...]
    now: str


@dataclass(frozen=True, slots=True)
class Compared(CertMessage):
    """The newest certificate was held against the machine as it is."""

    stands: Stands


@dataclass(frozen=True, slots=True)
class TimePassed(CertMessage):
    """It is later, in UTC."""

    now: str


@dataclass(frozen=True, slots=True)
class CertPageTurned(CertMessage):
    """Another page of the screen is to be shown."""

    page: str


@dataclass(frozen=True, slots=True)
class Undertaken(CertMessage):
    """Something goes on beside the interface, in words; or no longer."""

    doing: str | None


@dataclass(frozen=True, slots=True)
class CertificateMade(CertMessage):
    """A run was signed; the shelf is read anew."""

    def after(self, state: "State") -> "State":
        """From the top."""
        shown = CertMessage.after(self, state)
        view = state.view
        return replace(shown, view=replace(view, rows={**view.rows, **dict.fromkeys(_ROWS, 0)}))


@dataclass(frozen=True, slots=True)
class CertFailed(CertMessage):
    """Nothing came of it, for this reason."""

    trouble: str


@dataclass(frozen=True, slots=True)
class ProfilesListed(CertMessage):
    """The profiles were read."""

    profiles: tuple[Profile, ...]


@dataclass(frozen=True, slots=True)
class Validated(CertMessage):
    """The machine was held against a profile."""

    validation: Validation

    def after(self, state: "State") -> "State":
        """From the first record."""
        shown = CertMessage.after(self, state)
        return replace(shown, view=replace(state.view, rows={**state.view.rows, "records": 0}))


def reduce_cert(cert: Cert, message: CertMessage) -> Cert:
    """Certificates after a message."""
    match message:
        case CertificatesRead(kept, damaged, not_shown, now):
            cert = replace(cert, kept=kept, damaged=damaged, not_shown=not_shown, now=now, stands=None)
        case Compared(stands):
            cert = replace(cert, stands=stands)
        case TimePassed(now):
            cert = replace(cert, now=now)
        case _:
            return _on_page(cert, message)
    return replace(cert, needs=tuple(_needs(cert)))


def _on_page(cert: Cert, message: CertMessage) -> Cert:
    match message:
        case CertPageTurned(page):
            return replace(cert, page=page, trouble=None)
        case Undertaken(doing):
            return replace(cert, doing=doing, trouble=None if doing else cert.trouble)
        case CertificateMade():
            return replace(cert, page=CERTIFICATE, doing=None, trouble=None)
        case CertFailed(trouble):
            return replace(cert, doing=None, trouble=trouble)
        case ProfilesListed(profiles):
            return replace(cert, profiles=profiles)
        case Validated(validation):
            return replace(cert, validation=validation, page=RECORDS, doing=None, trouble=None)
    return cert


def _needs(cert: Cert) -> Iterator[Finding]:
    """What the owner should know of the newest certificate, each with its next step."""
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
    if left < timedelta(days=RENEW_DAYS):
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
