"""From a finished run to a certificate on the shelf: signed, verified as anybody else would, and kept or not at all."""

import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from netmind_tui.certify import shelf
from netmind_tui.certify.identity import Identity
from netmind_tui.certify.issue import Issued, Prove, Terms, issue
from netmind_tui.certify.moment import written
from netmind_tui.certify.naming import result_name
from netmind_tui.certify.node_key import NodeKey
from netmind_tui.certify.trust import Trust
from netmind_tui.certify.verify import Terms as VerifierTerms
from netmind_tui.certify.verify import verify
from netmind_tui.model.certificate import Scope
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.measurement import Run
from netmind_tui.model.measurement import exit_code as code_of_run
from netmind_tui.model.problem import Problem
from netmind_tui.model.verdict import SignedVerdict
from netmind_tui.model.verification import Verification, exit_code
from netmind_tui.probe.machine_id import read_machine_id
from netmind_tui.probe.owner import redactor

NAME = "certificate.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """Whose key signs, where certificates are kept, and who is told what is to be known meanwhile."""

    identity: Identity
    folder: Path
    warn: Callable[[str], None] = lambda _sentence: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A certificate that was made: its two files, where they are kept, and what a verifier says of them."""

    issued: Issued
    path: Path
    verification: Verification


def make(
    run: Run,
    maker: Maker,
    scope: Scope,
    now: datetime,
    *,
    nonce: str | None = None,
    challenge: SignedVerdict | None = None,
    name: str = NAME,
    prove: Prove | None = None,
) -> Made:
    """Sign a run, verify that, and keep both files.

    Args:
        run: A finished run of this machine.
        maker: Whose key, and where to.
        scope: Within what its devices can be recognised.
        now: The time.
        nonce: The verifier's word, where the run answers one.
        challenge: What a challenger signed of these devices since the run, where one timed them.
        name: The certificate's file name.
        prove: Makes the proof that goes with it, if there is to be one.

    Raises:
        Problem: the run was another machine's or shows nothing to certify, the key may not sign, the certificate would
            not hold, or it cannot be kept. Nothing is kept then.
    """
    check_run(run)
    key = maker.identity.signing_key(written(now))
    previous = _previous(maker, key, written(now))
    before = previous.data if previous else None
    terms = Terms(scope=scope, nonce=nonce, previous=before, challenge=challenge, now=now)
    issued = issue(
        run,
        terms,
        key.private,
        result_name=result_name(Path(name)),
        machine=read_machine_id(run.host.boundaries),
        redactor=redactor(),
        prove=prove,
    )
    path, verification = shelf.keep(
        issued, name, maker.folder, lambda file: _verified(file, maker.identity, key, nonce, now, challenge)
    )
    return Made(issued=issued, path=path, verification=verification)


def check_run(run: Run) -> None:
    """Refuse a run that nothing can be certified of, before a key is touched.

    Raises:
        Problem: it was stopped, failed or could not measure, or was measured elsewhere.
    """
    code = code_of_run(run)
    if code is not ExitCode.OK:
        ended = f"was {run.stopped.replace('-', ' ')}" if run.stopped else f"ended with {run.verdict}"
        raise Problem(f"run {run.run_id} {ended}: nothing was certified", code)
    check_host(run)


def check_host(run: Run) -> None:
    """Refuse a run that was measured elsewhere.

    Raises:
        Problem: it was.
    """
    if run.host.hostname != socket.gethostname():
        words = f"run {run.run_id} was measured on {run.host.hostname}, and this is {socket.gethostname()}"
        raise Problem(f"{words}: certify it there", ExitCode.USAGE)


def _previous(maker: Maker, key: NodeKey, now: str) -> shelf.Kept | None:
    """The newest certificate of this key, or of those that led to it: the new one names it."""
    listing = shelf.list_certificates(maker.folder)
    for sentence in listing.damaged:
        maker.warn(f"left out of the chain: {sentence}")
    own = {key.public, *(each.node_key for each in maker.identity.lineage(key.public))}
    for kept in listing.kept:
        if kept.certificate.node_key not in own:
            continue
        if kept.certificate.issued_at <= now:
            return kept
        maker.warn(f"left out of the chain: {kept.path} is from the future, {kept.certificate.issued_at}")
    return None


def _verified(
    file: Path, identity: Identity, key: NodeKey, nonce: str | None, now: datetime, challenge: SignedVerdict | None
) -> Verification:
    """What a verifier would say who believes this node's key, and the clock of whoever challenged it.

    Raises:
        Problem: a check fails.
    """
    trust = Trust(keys={key.public: "this node"}, revocations=identity.revocations(), rotations=identity.rotations())
    challengers = {challenge.verdict.challenger_key: "whom you asked"} if challenge is not None else None
    verification = verify([file], VerifierTerms(now=now, nonce=nonce, trust=trust, challengers=challengers))
    if exit_code(verification) is ExitCode.FAILED:
        first = verification.files[0].first_failure
        found = f"{first.check}: {first.sentence}" if first else "a check failed"
        raise Problem(f"the certificate would not hold, {found}; nothing was certified", ExitCode.FAILED)
    return verification
