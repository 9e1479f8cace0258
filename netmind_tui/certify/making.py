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
from netmind_tui.model.certificate import Proof, Scope
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.measurement import Run
from netmind_tui.model.measurement import exit_code as code_of_run
from netmind_tui.model.problem import Problem
from netmind_tui.model.result import Result
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
    """A certificate that was made: its two files, where they are kept, and what a verifier says of them.

    ``left_out`` is why a challenger's verdict is not in it, in a sentence, where it would not have held with that.
    """

    issued: Issued
    path: Path
    verification: Verification
    left_out: str | None = None


class _NotHoldingError(Problem):
    """A verifier would refuse what was to be kept."""

    def __init__(self, found: str) -> None:
        super().__init__(f"the certificate would not hold, {found}; nothing was certified", ExitCode.FAILED)
        self.found = found


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

    Where the certificate would not hold with what a challenger signed, it is made without: that costs a level, and
    nothing else.

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
    machine, once = read_machine_id(run.host.boundaries), None if prove is None else _Once(prove)

    def made(challenge: SignedVerdict | None, left_out: str | None = None) -> Made:
        issued = issue(
            run,
            Terms(scope=scope, nonce=nonce, previous=before, challenge=challenge, now=now),
            key.private,
            result_name=result_name(Path(name)),
            machine=machine,
            redactor=redactor(),
            prove=once,
        )
        maker.identity.signing_key(written(now))  # a proof takes its time: the node may have retired meanwhile
        path, verification = shelf.keep(
            issued, name, maker.folder, lambda file: _verified(file, maker.identity, key, nonce, now, challenge)
        )
        return Made(issued=issued, path=path, verification=verification, left_out=left_out)

    try:
        return made(challenge)
    except _NotHoldingError as problem:
        if challenge is None:
            raise
        return made(None, problem.found)


class _Once:
    """Proves a result once, however often it is certified."""

    def __init__(self, prove: Prove) -> None:
        self._prove = prove
        self._made: dict[tuple[str, str], Proof | None] = {}

    def __call__(self, result: Result, result_sha256: str, node_key: str) -> Proof | None:
        about = (result_sha256, node_key)
        if about not in self._made:
            self._made[about] = self._prove(result, result_sha256, node_key)
        return self._made[about]


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
        raise _NotHoldingError(found)
    return verification
