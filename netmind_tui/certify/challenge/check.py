"""What a verifier makes of the verdict in a certificate: whether it is one, whose, of what, and whom they believe."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from netmind_tui.bench.chain_catalog import find_chain
from netmind_tui.certify.challenge.verdict import CHECK, check_clock, check_signature, check_work
from netmind_tui.certify.moment import read_moment
from netmind_tui.certify.refused import Refused
from netmind_tui.certify.statement import short
from netmind_tui.certify.trust import Trust
from netmind_tui.model.certificate import LIFETIME_DAYS, Certificate, Evidence
from netmind_tui.model.chain import ChainSpec
from netmind_tui.model.challenge import TimedRate
from netmind_tui.model.quantity import percent, quantity
from netmind_tui.model.verdict import ChallengeVerdict
from netmind_tui.model.verification import Answer

SKEW = timedelta(minutes=5)
_INT8 = "gemm.int8"
SUSPICIOUS = 1.5
"""A rate beyond so many times the ``gemm.int8`` that the owner states: somebody else may have answered."""

Found = tuple[Answer, str, TimedRate | None]


def check_challenge(
    certificate: Certificate,
    challengers: Mapping[str, str] | None,
    chains: Sequence[ChainSpec],
    *,
    now: datetime,
    trust: Trust,
) -> Found:
    """How the check went, in a sentence, and the rate where it counts.

    Args:
        certificate: With or without a verdict.
        challengers: Those that the verifier believes, with their word for each; ``None`` without a list.
        chains: Those of the verifier's catalogue.
        now: The verifier's time.
        trust: Knows which keys ended, and which named which.
    """
    signed = certificate.challenge
    if signed is None:
        return Answer.LEFT, "no challenger timed it", None
    verdict = signed.verdict
    try:
        check_signature(signed)
        _check_about(certificate, verdict, trust)
        spec = _spec(verdict, chains)
        check_work(verdict, spec)
        _check_time(certificate, verdict, now)
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
    end = trust.revocation_of(verdict.challenger_key)
    if end is not None and end.since <= verdict.finished_at:
        who = f"{short(verdict.challenger_key)}, {word}, timed it, and its key ended on {end.since}, before that"
        return Answer.NOTE, f"{who}: its clock shows you nothing", None
    if share is not None and share > SUSPICIOUS:
        words = f"{said}: more than these devices did by the owner's own figure, so another machine may have answered"
        return Answer.NOTE, words, None
    known = []
    if end is not None:
        known.append(f"its key ended on {end.since}, by its own clock after that")
    if share is None:
        known.append(f"no {_INT8} of these devices is stated, so not even the owner's own figure bounds that rate")
    told = "; ".join((f"{short(verdict.challenger_key)}, {word}, timed it: {said}", *known))
    return Answer.NOTE if known else Answer.HELD, told, _timed(verdict, word, share)


def _check_about(certificate: Certificate, verdict: ChallengeVerdict, trust: Trust) -> None:
    """Refuse a verdict about somebody or something else, or by the node itself."""
    if verdict.node_key != certificate.node_key:
        raise Refused(CHECK, f"the challenge in it was that of another node, {short(verdict.node_key)}")
    if trust.is_same(verdict.challenger_key, certificate.node_key):
        key = short(verdict.challenger_key)
        raise Refused(CHECK, f"the challenge in it is signed by the node's own key, {key}: nobody times themselves")
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


def _check_time(certificate: Certificate, verdict: ChallengeVerdict, now: datetime) -> None:
    """Refuse a challenge at another time than the certificate's: an old one does not count for ever."""
    started, finished = check_clock(verdict)
    measured, issued = read_moment(certificate.run.started_at), read_moment(certificate.issued_at)
    lifetime = timedelta(days=LIFETIME_DAYS)
    if now - finished > lifetime:
        words = f"the challenge in it ended on {verdict.finished_at}, more than {LIFETIME_DAYS} days ago"
        raise Refused(CHECK, f"{words}: it counts no longer")
    if finished > issued + SKEW:
        raise Refused(CHECK, f"the challenge in it ended on {verdict.finished_at}, after it was issued")
    if started < measured - SKEW:
        words = f"the challenge in it began on {verdict.started_at}, before what it certifies was measured"
        raise Refused(CHECK, f"{words}, on {certificate.run.started_at}")
    if read_moment(certificate.expires_at) - finished > lifetime + SKEW:
        words = f"more than {LIFETIME_DAYS} days after the challenge in it ended, on {verdict.finished_at}"
        raise Refused(CHECK, f"it is to hold until {certificate.expires_at}, {words}")


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
    part = "" if share is None else f", {percent(share)} of its own {_INT8}"
    count = len(verdict.devices)
    where = "" if count == 1 else f" on {count} devices together"
    begun = f"{verdict.challenges_passed} of {verdict.challenges_started} that this key began there passed"
    missed = f", and {verdict.calls_missed} calls were missed" if verdict.calls_missed else ""
    words = f"{rate}{part} for {verdict.elapsed_s:.3g} s with {verdict.chain}@{verdict.chain_version}{where}"
    words = f"{words}, ended on {read_moment(verdict.finished_at):%F %H:%M} UTC"
    moment = ", at a moment of its choice" if verdict.initiated_by == "challenger" else ""
    return f"{words}{moment}; {begun}{missed}"


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
        started_at=verdict.started_at,
        finished_at=verdict.finished_at,
        challenges_started=verdict.challenges_started,
        challenges_passed=verdict.challenges_passed,
        calls_missed=verdict.calls_missed,
    )
