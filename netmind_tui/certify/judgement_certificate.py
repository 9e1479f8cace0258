"""A certificate as what requirements are held against: verified first, and what is not believed is not judged."""

from pathlib import Path

from netmind_tui.certify.beside import read_result
from netmind_tui.certify.judgement_ground import Ground, ground_of_result
from netmind_tui.certify.refused import Refused
from netmind_tui.certify.statement import read_statement, short
from netmind_tui.certify.trust import read_bytes
from netmind_tui.certify.verify import Terms, verify
from netmind_tui.model.certificate import Certificate
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.finding import Action, Status
from netmind_tui.model.problem import Problem
from netmind_tui.model.requirement import Judgement
from netmind_tui.model.verification import Answer, Check, VerifiedFile, exit_code

CERTIFICATE = "certificate"
"""The id of the judgement on the certificate itself."""

_TITLE = "The certificate verifies"
_TRUST = "say whom you believe with --trust KEYS, or take any signer with --allow-unknown-signer"
_ANEW = "ask its owner for a new one: `netmind certify`"


def open_certificate(path: Path, terms: Terms) -> tuple[Judgement, Ground | None]:
    """What became of verifying it, and what it shows where every check held.

    Raises:
        Problem: it cannot be read at all.
    """
    verification = verify([path], terms)
    file = verification.files[0]
    if exit_code(verification) is not ExitCode.OK:
        return _refused(path, file), None
    level = f"{file.level}, which shows {file.covers}"
    judged = Judgement(
        id=CERTIFICATE,
        title=_TITLE,
        status=Status.PASS,
        metric=CERTIFICATE,
        summary=f"{path.name} verifies, signed by {short(file.node_key or 'nobody')}: {level}",
        source=path.name,
    )
    return judged, _ground(path, file)


def _refused(path: Path, file: VerifiedFile) -> Judgement:
    first = file.first_failure
    failed = first is not None and first.answer is Answer.FAILED
    is_trust = first is not None and first.check is Check.TRUST
    words = f"check {first.check}: {first.sentence}" if first is not None else "it could not be verified"
    return Judgement(
        id=CERTIFICATE,
        title=_TITLE,
        status=Status.FAIL if failed else Status.ERROR,
        metric=CERTIFICATE,
        summary=f"{path.name}: {words}",
        remediation=_TRUST if is_trust and not failed else _ANEW,
        action=Action.ASK_OWNER,
        source=path.name,
    )


def _ground(path: Path, file: VerifiedFile) -> Ground:
    """What was verified, read once more; it must still be the same."""
    try:
        statement = read_statement(read_bytes(path, "a certificate of netmind certify"), path.name)
        certificate = statement.predicate
        if not isinstance(certificate, Certificate):
            raise _changed(path)
        result = read_result(path, statement.subjects, certificate.run)
    except Refused as refused:
        raise _changed(path) from refused
    found = (certificate.node_key, certificate.issued_at, certificate.claims, certificate.facts)
    if found != (file.node_key, file.issued_at, file.claims, file.facts):
        raise _changed(path)
    return ground_of_result(result, file.claims, name=path.name, node_key=statement.key)


def _changed(path: Path) -> Problem:
    return Problem(f"{path} was changed while it was being read: try again", ExitCode.UNMEASURED)
