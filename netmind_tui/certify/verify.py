"""Verifying what others signed, offline: every check in order, each with a sentence, and what stands in the end."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from netmind_tui.bench.catalog import open_catalog
from netmind_tui.bench.chain_catalog import open_chains
from netmind_tui.certify import claim as derived
from netmind_tui.certify import plausibility, together
from netmind_tui.certify.beside import read_result
from netmind_tui.certify.canonical import sha256
from netmind_tui.certify.challenge.check import check_challenge
from netmind_tui.certify.figures import check_figures
from netmind_tui.certify.kernels import check_kernels
from netmind_tui.certify.moment import read_moment, written
from netmind_tui.certify.nonce import seed_of
from netmind_tui.certify.refused import Refused
from netmind_tui.certify.scope import salt_of
from netmind_tui.certify.statement import Statement, read_statement, short
from netmind_tui.certify.trust import Trust, read_bytes
from netmind_tui.model.certificate import LIFETIME_DAYS, Certificate
from netmind_tui.model.chain import ChainSpec
from netmind_tui.model.challenge import TimedRate
from netmind_tui.model.kernel import Catalog
from netmind_tui.model.result import Result
from netmind_tui.model.verification import Answer, Check, Checked, Verification, VerifiedFile, VerifiedProof

SKEW = timedelta(minutes=5)
NOT_SHOWN = (
    "that the node's owner did not change the program or the figures before signing them",
    "which card it is, and that it is there only once: only what it is consistent with",
    "that it was the machine's own work, and not another's over a network",
    "what the machine will do tomorrow",
)
LONGEST_RUN_H = 24
"""No run lasts longer: suites take minutes a kernel, and a run of many days would make old challenges count."""

_COVERS = {
    "L0": "who signed it, and that nothing was changed since",
    "L1": "that, and that it was made after your nonce was given; how fast is the node's own word",
    "L2": "who signed it, that nothing was changed since, and that whoever holds its key had the result of a chain of "
    "exact products in a time by a challenger's clock; not on what, nor with how many operations",
}
_NOT_BOUND = "; it was made after your nonce was given, and the challenge need not have been"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Under what is verified: the verifier's time, their nonce if they gave one, and whom they believe.

    ``challengers`` maps the keys of challengers whose clock they believe to their word for each; ``None``: no list.
    """

    now: datetime
    nonce: str | None
    trust: Trust
    challengers: dict[str, str] | None = None


@dataclass(slots=True)
class Opened:
    """One file on its way through the checks."""

    path: Path
    data: bytes
    checks: list[Checked]
    statement: Statement | None = None
    certificate: Certificate | None = None
    result: Result | None = None
    timed: TimedRate | None = None

    @property
    def digest(self) -> str:
        """The digest by which a later certificate names this one."""
        return sha256(self.data)

    def say(self, check: Check, answer: Answer, sentence: str) -> None:
        """Add the answer of a check."""
        self.checks.append(Checked(check=check, answer=answer, sentence=sentence))


def verify(paths: Sequence[Path], terms: Terms) -> Verification:
    """Check certificates, each by itself and then beside the others.

    Raises:
        Problem: a file cannot be read at all, or this program's own catalogue.
    """
    catalog, chains = open_catalog(), open_chains()
    files = [_open(path) for path in paths]
    for file in files:
        _check_alone(file, terms, catalog)
        _check_proof(file, chains)
    notes = together.check(files, terms.trust)
    for file in files:
        if file.certificate is not None:
            _check_whom(file, file.certificate, terms, chains)
    return Verification(
        verified_at=written(terms.now.astimezone(UTC)),
        files=tuple(_outcome(file) for file in files),
        notes=notes,
        not_shown=NOT_SHOWN,
    )


_BEFORE = (Check.FILE, Check.CANONICAL, Check.ENVELOPE, Check.SIGNATURE, Check.STATEMENT, Check.SIGNER)
_HELD = {
    Check.FILE: "read",
    Check.CANONICAL: "in canonical form (RFC 8785)",
    Check.ENVELOPE: "a DSSE envelope with one signature",
    Check.SIGNATURE: "holds",
    Check.STATEMENT: "an in-toto statement with a certificate, every member known",
}


def _open(path: Path) -> Opened:
    data = read_bytes(path, "a certificate of netmind certify")
    file = Opened(path, data, [])
    try:
        statement = read_statement(data, path.name)
        if not isinstance(statement.predicate, Certificate):
            kind = type(statement.predicate).__name__.lower()
            raise Refused("statement", f"{path.name} is a key's {kind}, no certificate")  # noqa: TRY301 - one ending
    except Refused as refused:
        failed = Check(refused.check)
        for check in _BEFORE[: _BEFORE.index(failed)]:
            file.say(check, Answer.HELD, _HELD[check])
        file.say(failed, Answer.UNKNOWN if refused.unknown else Answer.FAILED, refused.sentence)
        return file
    file.statement, file.certificate = statement, statement.predicate
    for check, sentence in _HELD.items():
        file.say(check, Answer.HELD, sentence)
    file.say(Check.SIGNER, Answer.HELD, f"signed by the key it speaks for, {short(statement.key)}")
    return file


def _check_alone(file: Opened, terms: Terms, catalog: Catalog) -> None:
    """The checks that a certificate and the result document beside it suffice for."""
    certificate, statement = file.certificate, file.statement
    if certificate is None or statement is None:
        return
    _make(file, Check.TIME, lambda: _time(certificate, terms.now))

    def result() -> str:
        file.result = read_result(file.path, statement.subjects, certificate.run)
        return f"{statement.subjects[0].name} is the document that was signed"

    _make(file, Check.RESULT, result)
    found = file.result
    if found is None:
        for check in (Check.FIGURES, Check.PLAUSIBILITY):
            file.say(check, Answer.LEFT, "there is no result document to hold it against")
    elif _make(file, Check.FIGURES, lambda: check_figures(certificate, found)):
        _make(file, Check.PLAUSIBILITY, lambda: plausibility.check(certificate, found, catalog))
    else:
        file.say(Check.PLAUSIBILITY, Answer.LEFT, "its figures are not the result document's")
    _make(file, Check.KERNELS, lambda: check_kernels(certificate, catalog))
    _make(file, Check.ENVIRONMENT, lambda: _environment(certificate))


def _check_proof(file: Opened, chains: tuple[ChainSpec, ...]) -> None:
    """Compute a proof's rows again, unless the certificate fails without that."""
    certificate, statement = file.certificate, file.statement
    if certificate is None or statement is None:
        return
    if certificate.proof is None:
        file.say(Check.PROOF, Answer.LEFT, "it holds none")
    elif any(checked.answer is Answer.FAILED for checked in file.checks):
        file.say(Check.PROOF, Answer.LEFT, "an earlier check failed")
    else:
        from netmind_tui.certify.proof.embedded import check_proof  # noqa: PLC0415 - NumPy, which only a proof needs

        _make(file, Check.PROOF, lambda: check_proof(certificate, statement.subjects[0].digest.sha256, chains))


def _check_whom(file: Opened, certificate: Certificate, terms: Terms, chains: Sequence[ChainSpec]) -> None:
    """The checks that depend on who asks."""
    _nonce(file, certificate, terms.nonce)
    answer, sentence, file.timed = check_challenge(
        certificate, terms.challengers, chains, now=terms.now, trust=terms.trust
    )
    file.say(Check.CHALLENGE, answer, sentence)
    revocation = terms.trust.revocation_of(certificate.node_key)
    if revocation is None:
        known = (
            f"none of {len(terms.trust.revocations)} given" if terms.trust.revocations else "no revocation was given"
        )
        file.say(Check.REVOCATION, Answer.LEFT, known)
    elif revocation.since <= certificate.issued_at:
        file.say(Check.REVOCATION, Answer.FAILED, f"the key ended on {revocation.since}, before this was signed")
    else:
        sentence = f"the key ended on {revocation.since}; by the node's own clock this was signed before"
        file.say(Check.REVOCATION, Answer.NOTE, sentence)
    word = terms.trust.word_for(certificate.node_key)
    key = short(certificate.node_key)
    if word is not None:
        file.say(Check.TRUST, Answer.HELD, f"{key} is on your list: {word}")
    elif terms.trust.keys is not None:
        file.say(Check.TRUST, Answer.FAILED, f"{certificate.node_key} is not on your list of trusted keys")
    elif terms.trust.allows_unknown:
        file.say(Check.TRUST, Answer.NOTE, f"{key} is unknown to you, and you allow that")
    else:
        sentence = f"integrity holds, signer unknown: {certificate.node_key}; --trust KEYS says whom you believe"
        file.say(Check.TRUST, Answer.UNKNOWN, sentence)


def _make(file: Opened, check: Check, run: Callable[[], str]) -> bool:
    """Run one check and tell whether it held; what it returns is what held, what it raises what did not."""
    try:
        file.say(check, Answer.HELD, run())
    except Refused as refused:
        file.say(check, Answer.UNKNOWN if refused.unknown else Answer.FAILED, refused.sentence)
        return False
    return True


def _time(certificate: Certificate, now: datetime) -> str:
    names = ("run.started_at", "run.finished_at", "issued_at", "expires_at")
    run = certificate.run
    texts = (run.started_at, run.finished_at, certificate.issued_at, certificate.expires_at)
    moments = []
    for name, text in zip(names, texts, strict=True):
        try:
            moments.append(read_moment(text))
        except ValueError as error:
            raise Refused("time", f"{name} {text!r} is no time such as 2026-11-22T14:32:05.000Z") from error
    if moments != sorted(moments):
        raise Refused(
            "time", f"its times are not in order: {', '.join(f'{n} {t}' for n, t in zip(names, texts, strict=True))}"
        )
    started, finished, issued, expires = moments
    if finished - started > timedelta(hours=LONGEST_RUN_H):
        words = f"its run is to have lasted from {run.started_at} to {run.finished_at}"
        raise Refused("time", f"{words}, and none lasts longer than {LONGEST_RUN_H} hours")
    if expires - finished > timedelta(days=LIFETIME_DAYS):
        words = f"it is to hold for more than {LIFETIME_DAYS} days, measured on {finished:%F} and until {expires:%F}"
        raise Refused("time", words)
    if issued > now + SKEW:
        ahead = written(issued)
        raise Refused("time", f"it was issued on {ahead}, in the future of your clock ({written(now)}): is one wrong?")
    if expires <= now:
        raise Refused("time", f"it expired on {written(expires)}")
    return f"measured {finished:%F %H:%M}, issued {issued:%F %H:%M} UTC, expires {expires:%F}"


def _environment(certificate: Certificate) -> str:
    if derived.environment_digest(certificate.environment) != certificate.environment_digest:
        raise Refused("environment", "environment_digest is not the digest of environment")
    devices = certificate.environment.devices
    for name, words in (
        ("device", [each.device for each in devices]),
        ("identity", [each.identity for each in devices if each.identity]),
    ):
        if len(set(words)) != len(words):
            raise Refused("environment", f"two of its devices have the same {name}")
    if certificate.scope.name is not None and certificate.scope.salt != salt_of(certificate.scope.name):
        raise Refused("environment", f"its salt is not that of scope {certificate.scope.name!r}")
    return f"digest {certificate.environment_digest.sha256[:12]}…: a change of driver or devices makes it outdated"


def _nonce(file: Opened, certificate: Certificate, nonce: str | None) -> None:
    if nonce is None:
        said = "no nonce was asked for" if certificate.nonce is None else "it answers a nonce; --nonce checks that"
        file.say(Check.NONCE, Answer.LEFT, said)
    elif certificate.nonce != nonce:
        has = "it answers none" if certificate.nonce is None else "it answers another one"
        file.say(Check.NONCE, Answer.FAILED, f"it was not made for your nonce: {has}")
    elif file.result is None:
        said = "it names your nonce; that its data were drawn from it, only the result document shows"
        file.say(Check.NONCE, Answer.UNKNOWN, said)
    elif file.result.seed != str(seed_of(nonce)):
        file.say(Check.NONCE, Answer.FAILED, "the data of its run were not drawn from your nonce")
    else:
        file.say(Check.NONCE, Answer.HELD, f"it was made after your nonce was given{_unbound(certificate)}")


def _unbound(certificate: Certificate) -> str:
    """What a nonce does not say of a verdict: a challenger never heard of it."""
    if certificate.challenge is None:
        return ""
    ended = certificate.challenge.verdict.finished_at
    return f"; the challenge in it knows nothing of that nonce: compare {ended}, when it ended, with when you gave it"


def _outcome(file: Opened) -> VerifiedFile:
    """What is left of a file after all checks."""
    certificate = file.certificate
    answers = {checked.check: checked.answer for checked in file.checks}
    order = {check: place for place, check in enumerate(Check)}
    failed = Answer.FAILED in answers.values()
    stands = not failed and answers.get(Check.FIGURES) is Answer.HELD
    level, timed = None, file.timed if stands else None
    if certificate is not None and not failed:
        level = "L2" if timed is not None else "L1" if answers[Check.NONCE] is Answer.HELD else "L0"
    return VerifiedFile(
        path=str(file.path),
        node_key=certificate.node_key if certificate else None,
        issued_at=certificate.issued_at if certificate else None,
        expires_at=certificate.expires_at if certificate else None,
        level=level,
        covers=_covers(level, answers),
        checks=tuple(sorted(file.checks, key=lambda checked: order[checked.check])),
        facts=certificate.facts if certificate and stands else (),
        claims=certificate.claims if certificate and stands else (),
        proof=_proven(certificate, answers) if stands else None,
        timed=timed,
    )


def _covers(level: str | None, answers: dict[Check, Answer]) -> str:
    """What a level covers, in words."""
    if level is None:
        return "nothing: a check failed"
    return _COVERS[level] + (_NOT_BOUND if level == "L2" and answers[Check.NONCE] is Answer.HELD else "")


def _proven(certificate: Certificate | None, answers: dict[Check, Answer]) -> VerifiedProof | None:
    """What its proof shows, where it held."""
    if certificate is None or certificate.proof is None or answers[Check.PROOF] is not Answer.HELD:
        return None
    return VerifiedProof.of(certificate.proof)
