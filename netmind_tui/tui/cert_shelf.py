"""What the shelf of certificates holds, verified, and how the newest stands; for threads beside the interface."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from netmind_tui.bench.catalog import open_catalog
from netmind_tui.certify import beside
from netmind_tui.certify.canonical import sha256
from netmind_tui.certify.drift import drift
from netmind_tui.certify.identity import Identity
from netmind_tui.certify.moment import written
from netmind_tui.certify.outdated import Machine, standing
from netmind_tui.certify.refused import Refused
from netmind_tui.certify.shelf import Kept, list_certificates
from netmind_tui.certify.statement import read_statement
from netmind_tui.certify.trust import Trust
from netmind_tui.certify.verify import NOT_SHOWN, Terms, verify
from netmind_tui.model.problem import Problem
from netmind_tui.paths import identity_dir
from netmind_tui.probe.machine_id import read_machine_id
from netmind_tui.tui.cert_page import Held, Stands
from netmind_tui.tui.cert_state import CertificatesRead

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netmind_tui.model.certificate import Certificate
    from netmind_tui.model.comparison import Comparison
    from netmind_tui.model.device import Device, Driver
    from netmind_tui.model.host import Host
    from netmind_tui.model.result import Result
    from netmind_tui.model.verification import VerifiedFile

_MOST = 24
_MOST_DRIFTS = 4


def read_shelf(folder: Path, now: datetime) -> CertificatesRead:
    """The newest certificates of a shelf, verified together as anybody else would, and how their rates went.

    Raises:
        Problem: the shelf cannot be read.
    """
    listing = list_certificates(folder)
    kept = listing.kept[:_MOST]
    trust = _own_trust()
    challengers = _asked(each.certificate for each in kept)
    terms = Terms(now=now, nonce=None, trust=trust, challengers=challengers)
    files = verify([each.path for each in kept], terms).files
    by_digest = {sha256(each.data): each for each in kept}
    held = []
    for place, (each, plain) in enumerate(zip(kept, files, strict=True)):
        verified = plain
        if each.certificate.nonce is not None:  # whoever gave it would ask for it
            verified = verify([each.path], replace(terms, nonce=each.certificate.nonce)).files[0]
        found, why = _drift(each, by_digest) if place < _MOST_DRIFTS else (None, "only the newest ones are compared")
        held.append(_held(each, verified, found, why))
    return CertificatesRead(tuple(held), listing.damaged, NOT_SHOWN, written(now.astimezone(UTC)))


def stands(
    certificate: "Certificate",
    driver: "Driver | None",
    devices: "tuple[Device, ...]",
    host: "Host",
    *,
    is_here: bool,
) -> Stands:
    """How a certificate stands to a machine; ``is_here`` is whether that is this one, whose id can be read."""
    machine = read_machine_id(host.boundaries) if is_here else None
    found = standing(certificate, Machine(driver=driver, devices=devices, boundaries=host.boundaries, id=machine))
    return Stands(changes=found.changes, unknown=found.unknown, uncovered=found.uncovered)


def _own_trust() -> Trust:
    """Nobody's list: what is on one's own shelf is looked at whoever signed it; but a key that ended has ended."""
    identity = Identity(identity_dir())
    return Trust(allows_unknown=True, revocations=identity.revocations(), rotations=identity.rotations())


def _asked(certificates: "Iterable[Certificate]") -> dict[str, str]:
    """The challengers that this node asked itself, by the certificates that its own keys signed: its owner chose them.

    What others left on the shelf names whom they like.
    """
    challenged = [(each.node_key, each.challenge.verdict) for each in certificates if each.challenge is not None]
    if not challenged:
        return {}
    try:
        shown = Identity(identity_dir()).look()
    except Problem:
        return {}
    own = {shown.key, *(each.node_key for each in shown.rotations)}
    return {verdict.challenger_key: "whom you asked" for key, verdict in challenged if key in own}


def _held(kept: Kept, verified: "VerifiedFile", found: "Comparison | None", why: str) -> Held:
    return Held(
        path=str(kept.path),
        certificate=kept.certificate,
        level=verified.level,
        checks=verified.checks,
        proof=verified.proof,
        timed=verified.timed,
        drift=found,
        no_drift=why,
    )


def _drift(kept: Kept, by_digest: dict[str, Kept]) -> "tuple[Comparison | None, str]":
    """How the rates went since the certificate that this one names, or why that cannot be told."""
    previous = kept.certificate.previous
    if previous is None:
        return None, "it is the first of its chain"
    before = by_digest.get(previous.sha256)
    if before is None:
        return None, "the one before it is not on this shelf"
    try:
        results = _result(before), _result(kept)
    except (Refused, Problem) as trouble:
        return None, f"not comparable: {trouble.sentence}"
    grows = {kernel.id: kernel.grows for kernel in open_catalog().kernels if kernel.grows}
    return drift(*results, grows=grows), ""


def _result(kept: Kept) -> "Result":
    subjects = read_statement(kept.data, kept.path.name).subjects
    return beside.read_result(kept.path, subjects, kept.certificate.run)
