"""What happens to certificates and requirements, and what follows from that."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from netmind_tui.model.requirement import Validation
from netmind_tui.tui.cert_page import (
    CERTIFICATE,
    RECORDS,
    Cert,
    Held,
    Profile,
    Stands,
)
from netmind_tui.tui.message import Part

if TYPE_CHECKING:
    from netmind_tui.tui.state import State

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
    """Something goes on beside the interface, in words; or no longer. See ``Cert``."""

    doing: str | None
    part: float | None = None
    can_stop: bool = False


@dataclass(frozen=True, slots=True)
class MakingStopped(CertMessage):
    """Whoever watches wants no certificate any more; it takes a moment to end."""


@dataclass(frozen=True, slots=True)
class CertificateMade(CertMessage):
    """A run was signed; the shelf is read anew. ``remark``: without what it had to be made."""

    remark: str | None = None

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
            return replace(cert, kept=kept, damaged=damaged, not_shown=not_shown, now=now, stands=None)
        case Compared(stands):
            return replace(cert, stands=stands)
        case TimePassed(now):
            return replace(cert, now=now)
        case CertPageTurned(page):
            return replace(cert, page=page, trouble=None, remark=None)
        case ProfilesListed(profiles):
            return replace(cert, profiles=profiles)
    return _under_way(cert, message)


def _under_way(cert: Cert, message: CertMessage) -> Cert:
    """After something began, went on or ended beside the interface."""
    match message:
        case Undertaken(doing, part, can_stop):
            trouble = None if doing else cert.trouble
            is_stopping = cert.is_stopping and can_stop
            return replace(
                cert, doing=doing, part=part, can_stop=can_stop, is_stopping=is_stopping, trouble=trouble, remark=None
            )
        case MakingStopped():
            return replace(cert, is_stopping=cert.can_stop)
    cert = replace(cert, doing=None, part=None, can_stop=False, is_stopping=False, trouble=None, remark=None)
    match message:
        case CertificateMade(remark):
            return replace(cert, page=CERTIFICATE, remark=remark)
        case CertFailed(trouble):
            return replace(cert, trouble=trouble)
        case Validated(validation):
            return replace(cert, validation=validation, page=RECORDS)
    return cert
