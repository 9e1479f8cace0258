"""What a verifier makes of the verdict in a certificate: whether it is one, whose, of what, and whom they believe."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from math import isclose

from netmind_tui.bench.chain_catalog import find_chain
from netmind_tui.certify.challenge.verdict import CHECK, check_signature
from netmind_tui.certify.moment import read_moment
from netmind_tui.certify.refused import Refused
from netmind_tui.certify.statement import short
from netmind_tui.model.certificate import Certificate, Evidence
from netmind_tui.model.chain import ChainSpec
from netmind_tui.model.challenge import TimedRate
from netmind_tui.model.quantity import percent, quantity
from netmind_tui.model.verdict import ChallengeVerdict
from netmind_tui.model.verification import Answer

SKEW = timedelta(minutes=5)
_ROWS = 64
_SAME = 1e-9
_ROUNDED = timedelta(milliseconds=2)
_INT8 = "gemm.int8"
SUSPICIOUS = 1.5
"""A rate beyond so many times the node's own ``gemm.int8``: somebody else may have answered."""

Found = tuple[Answer, str, TimedRate | None]


def check_challenge(
    certificate: Certificate, challengers: Mapping[str, str] | None, chains: Sequence[ChainSpec]
) -> Found:
    """How the check went, in a sentence, and the rate where it counts.

    Args:
        certificate: With or without a verdict.
        challengers: Those that the verifier believes, with their word for each; ``None`` without a list.
        chains: Those of the verifier's catalogue.
    """
    signed = certificate.challenge
    if signed is None:
        return Answer.LEFT, "no challenger timed it", None
    verdict = signed.verdict
    try:
        check_signature(signed)
        _check_about(certificate, verdict)
        spec = _spec(verdict, chains)
        _check_work(verdict, spec)
        _check_time(certificate, verdict)
    except Refused as refused:
        return Answer.UNKNOWN if refused.unknown else Answer.FAILED, refused.sentence, None
    share = _int8_share(certificate, verdict)
    said = _said(verdict, share)
    if not spec.certifies:
        return Answer.NOTE, f"{said}: {spec.name} is for tests and shows nothing", None
    if challengers is None:
        who = f"{verdict.challenger_key} timed it, and only --trust-challenger KEYS says that you believe its clock"
        return Answer.NOTE, f"{who}: {said}", None
    word = challengers.get(verdict.challenger_key)
    if word is None:
        who = f"{verdict.challenger_key} timed it, and is not on your list of challengers: its clock shows you nothing"
        return Answer.NOTE, who, None
    if share is not None and share > SUSPICIOUS:
        words = f"{said}: more than these devices did by the node's own figure, so another machine may have answered"
        return Answer.NOTE, words, None
    return Answer.HELD, f"{short(verdict.challenger_key)}, {word}, timed it: {said}", _timed(verdict, word, share)


def _check_about(certificate: Certificate, verdict: ChallengeVerdict) -> None:
    """Refuse a verdict about somebody or something else."""
    if verdict.node_key != certificate.node_key:
        raise Refused(CHECK, f"the challenge in it was that of another node, {short(verdict.node_key)}")
    if verdict.verdict != "passed":
        raise Refused(CHECK, f"the challenge in it was not passed: {verdict.reason or 'no reason is given'}")
    own = {each.identity or each.device for each in certificate.environment.devices}
    if not verdict.devices or len(set(verdict.devices)) != len(verdict.devices):
        raise Refused(CHECK, "the challenge in it names no device, or one twice")
    if not set(verdict.devices) <= own:
        raise Refused(CHECK, "the challenge in it was of devices that the certificate does not have")


def _spec(verdict: ChallengeVerdict, chains: Sequence[ChainSpec]) -> ChainSpec:
    name = f"{verdict.chain}@{verdict.chain_version}"
    spec = find_chain(tuple(chains), name)
    if spec is None:
        raise Refused(CHECK, f"{name}: not in this program's catalogue, so nobody can tell what ran", unknown=True)
    return spec


def _check_work(verdict: ChallengeVerdict, spec: ChainSpec) -> None:
    """Refuse figures that do not follow from one another."""
    operations, rows = spec.operations * len(verdict.devices), spec.rows * len(verdict.devices)
    if verdict.operations != str(operations):
        raise Refused(CHECK, f"{spec.name} on these devices is {operations} operations, not {verdict.operations}")
    if verdict.rows_opened < min(_ROWS, rows):
        raise Refused(CHECK, f"only {verdict.rows_opened} rows were opened, {min(_ROWS, rows)} are expected")
    if verdict.elapsed_s <= 0 or not isclose(verdict.rate_tops, operations / verdict.elapsed_s / 1e12, rel_tol=_SAME):
        raise Refused(CHECK, "its rate is not its operations through its time")
    if verdict.nonce1 == verdict.nonce2:
        raise Refused(CHECK, "both of its nonces are the same")


def _check_time(certificate: Certificate, verdict: ChallengeVerdict) -> None:
    """Refuse a challenge at another time than the certificate's: an old one does not count again."""
    try:
        started, finished = read_moment(verdict.started_at), read_moment(verdict.finished_at)
        measured, issued = read_moment(certificate.run.started_at), read_moment(certificate.issued_at)
    except ValueError as error:
        raise Refused(CHECK, "its times are no times such as 2026-11-22T14:32:05.000Z") from error
    if timedelta(seconds=verdict.elapsed_s) > finished - started + _ROUNDED:
        words = f"its clock ran for {verdict.elapsed_s:.3f} s between {verdict.started_at} and {verdict.finished_at}"
        raise Refused(CHECK, f"{words}, which cannot be")
    if finished > issued + SKEW:
        raise Refused(CHECK, f"the challenge in it ended on {verdict.finished_at}, after it was issued")
    if started < measured - SKEW:
        words = f"the challenge in it began on {verdict.started_at}, before what it certifies was measured"
        raise Refused(CHECK, f"{words}: a challenge counts for one run")


def _int8_share(certificate: Certificate, verdict: ChallengeVerdict) -> float | None:
    """The rate as a share of what the node measured as ``gemm.int8`` on the same devices."""
    words = {each.device: each.identity or each.device for each in certificate.environment.devices}
    rates = {words.get(claim.device): claim.value for claim in certificate.claims if claim.kernel == _INT8}
    if not all(device in rates for device in verdict.devices):
        return None
    return verdict.rate_tops * 1e12 / sum(rates[device] for device in verdict.devices)


def _said(verdict: ChallengeVerdict, share: float | None) -> str:
    """What a verdict says, in words."""
    rate = quantity(verdict.rate_tops * 1e12, "OP/s")
    part = "" if share is None else f", {percent(share)} of its {_INT8}"
    count = len(verdict.devices)
    where = "" if count == 1 else f" on {count} devices together"
    begun = f"{verdict.challenges_passed} of {verdict.challenges_started} begun there passed"
    words = f"{rate}{part} for {verdict.elapsed_s:.3g} s with {verdict.chain}@{verdict.chain_version}{where}"
    moment = ", at a moment of its choice" if verdict.initiated_by == "challenger" else ""
    return f"{words}{moment}; {begun}"


def _timed(verdict: ChallengeVerdict, word: str, share: float | None) -> TimedRate:
    return TimedRate(
        evidence=Evidence.CHALLENGED,
        challenger_key=verdict.challenger_key,
        challenger=word,
        chain=verdict.chain,
        chain_version=verdict.chain_version,
        devices=verdict.devices,
        operations=verdict.operations,
        elapsed_s=verdict.elapsed_s,
        rate=verdict.rate_tops * 1e12,
        int8_share=share,
        rows_opened=verdict.rows_opened,
        challenges_started=verdict.challenges_started,
        challenges_passed=verdict.challenges_passed,
    )
