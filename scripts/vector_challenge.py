"""What a challenger signed, in the vectors: verdicts that count for whoever lists it, and some that are none."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from vector_case import Case
from vector_machine import CPU, result, row
from vector_made import ISSUED, files, private, public, revocation, rotation

from netmind_tui.bench.chain_catalog import find_chain, open_chains
from netmind_tui.certify.challenge.verdict import read_verdict, sign_verdict
from netmind_tui.certify.moment import written
from netmind_tui.model.result import Result
from netmind_tui.model.verdict import ChallengeVerdict, SignedVerdict

_BELIEVED = ("challenger",)
_SECONDS = 40.0


def challenged() -> Iterator[Case]:
    """Those that hold, with the level that each is for its reader."""
    held = _files(verdict())
    yield _case("challenged", "A challenger that the reader lists timed it: L2.", held, level="L2")
    for name, about, challengers in (
        ("challenged-no-list", "The same, where the reader lists no challenger: L0.", None),
        ("challenged-other-list", "The same, where the reader lists another challenger: L0.", ("stranger",)),
    ):
        yield _case(name, about, held, challengers=challengers, level="L0")
    unbounded = _files(verdict(elapsed_s=1.0), _processor("gemm.fp32"))
    yield _case(
        "challenged-unbounded", "The same where no gemm.int8 is stated to hold it against: L2.", unbounded, level="L2"
    )
    for name, about, since, level in (
        ("challenged-by-an-ended-key", "The challenger's key had ended before: L0.", ISSUED - timedelta(days=1), "L0"),
        ("challenged-before-the-key-ended", "The challenger's key ended after that: L2.", ISSUED, "L2"),
    ):
        with_end = held | {"ended.json": revocation("challenger", since)}
        yield _case(name, about, with_end, revocations=("ended.json",), level=level)
    fast = _files(verdict(elapsed_s=1.0))
    yield _case(
        "challenged-too-fast", "A rate far beyond the node's own gemm.int8 counts for nothing: L0.", fast, level="L0"
    )
    tests = _files(verdict(chain="chain.test"))
    yield _case("challenged-for-tests", "A chain that does not certify counts for nothing: L0.", tests, level="L0")


def unchallenged() -> Iterator[Case]:
    """Those that fail: a verdict that is not one of this certificate."""
    early = ISSUED - timedelta(days=1)
    before = {"started_at": written(early), "finished_at": written(early + timedelta(minutes=1))}
    late = ISSUED + timedelta(minutes=10)
    after = {"started_at": written(late), "finished_at": written(late + timedelta(minutes=1))}
    own = verdict(by="node", challenger_key=public("node"))
    yield _case(
        "challenge-by-the-node",
        "The node's key signed the verdict itself, and is on both lists.",
        _files(own),
        challengers=("node", "challenger"),
        check="challenge",
        exit=1,
    )
    yield _case(
        "challenge-by-the-key-before",
        "The challenger's key named the node's as its successor.",
        _files(verdict()) | {"rotation.json": rotation("challenger", "node")},
        statements=("rotation.json",),
        check="challenge",
        exit=1,
    )
    first = ISSUED - timedelta(hours=20)
    outlived = {"started_at": written(first), "finished_at": written(first + timedelta(minutes=1))}
    yield _case(
        "challenge-outlived",
        "The certificate is to hold for more than 30 days after the challenge in it.",
        _files(verdict(**outlived), _begun(first)),
        check="challenge",
        exit=1,
    )
    long_ago = ISSUED - timedelta(days=700)
    old = {"started_at": written(long_ago), "finished_at": written(long_ago + timedelta(minutes=1))}
    yield _case(
        "challenge-in-an-endless-run",
        "An old verdict in a run that is to have lasted for 700 days.",
        _files(verdict(**old), _begun(long_ago)),
        check="time",
        exit=1,
    )
    for name, about, signed in (
        ("challenge-of-another-node", "A verdict about another node.", verdict(node_key=public("second"))),
        ("challenge-failed", "A challenge that was not passed.", verdict(verdict="failed", reason="row 3 is wrong")),
        ("challenge-of-other-devices", "A verdict about a device that is not there.", verdict(devices=("gpu:0",))),
        ("challenge-device-twice", "One device counted twice.", verdict(devices=("cpu", "cpu"))),
        ("challenge-operations", "More operations than the chain has.", verdict(operations="1000000000000000")),
        ("challenge-rate", "A rate that is not operations through seconds.", verdict(rate_tops=99.0)),
        ("challenge-few-rows", "Eight rows were opened.", verdict(rows_opened=8)),
        ("challenge-more-rows-than-there-are", "10^9 rows were opened.", verdict(rows_opened=10**9)),
        (
            "challenge-counts",
            "99 of 0 challenges passed.",
            verdict(challenges_started=0, challenges_passed=99),
        ),
        ("challenge-one-nonce", "Both nonces are the same.", verdict(nonce2="02" * 32)),
        ("challenge-impossible-clock", "Its clock ran for longer than it lasted.", verdict(elapsed_s=1000.0)),
        ("challenge-before-the-run", "An old verdict in a new certificate.", verdict(**before)),
        ("challenge-after-the-issue", "A verdict from after the certificate was issued.", verdict(**after)),
        ("challenge-changed", "A verdict that was changed after it was signed.", _changed(verdict())),
        (
            "challenge-signed-by-another",
            "A verdict in a challenger's name, signed by a stranger.",
            verdict(by="stranger"),
        ),
    ):
        yield _case(name, about, _files(signed), check="challenge", exit=1)
    newer = _files(verdict(chain="chain.newer"))
    yield _case(
        "challenge-with-a-newer-chain",
        "The catalogue does not have its chain.",
        newer,
        check="challenge",
        exit=3,
        level="L0",
    )


def verdict(by: str = "challenger", **changes: Any) -> SignedVerdict:  # noqa: ANN401 - any member of one
    """A verdict about the test node, made up; ``by`` is the key that signs it."""
    chains = open_chains()
    spec = find_chain(chains, f"{changes.get('chain')}@1") or find_chain(chains, "chain.int8.medium@1")
    if spec is None:
        raise ValueError(changes)
    seconds = changes.get("elapsed_s", _SECONDS)
    members: dict[str, Any] = {
        "challenger_key": public("challenger"),
        "node_key": public("node"),
        "session": "01" * 32,
        "initiated_by": "node",
        "chain": spec.id,
        "chain_version": spec.version,
        "devices": ("cpu",),
        "nonce1": "02" * 32,
        "nonce2": "03" * 32,
        "root": "04" * 32,
        "rows_opened": 64,
        "started_at": written(ISSUED - timedelta(seconds=50)),
        "finished_at": written(ISSUED - timedelta(seconds=5)),
        "elapsed_s": seconds,
        "operations": str(spec.operations),
        "rate_tops": spec.operations / seconds / 1e12,
        "verdict": "passed",
        "reason": None,
        "challenges_started": 1,
        "challenges_passed": 1,
        "calls_missed": 0,
    }
    said = ChallengeVerdict(**(members | changes))
    return SignedVerdict(verdict=said, sig=_signature(said, by))


def _signature(said: ChallengeVerdict, by: str) -> str:
    """The signature of a verdict, under whatever key."""
    return read_verdict(sign_verdict(replace(said, challenger_key=public(by)), private(by))).sig


def _changed(signed: SignedVerdict) -> SignedVerdict:
    return replace(signed, verdict=replace(signed.verdict, session="05" * 32))


def _processor(kernel: str = "gemm.int8") -> Result:
    """A processor whose own figure the rate is held against, unless it has another one."""
    own = replace(CPU, identity=None)
    return result((own,), (row(own, kernel),))


def _begun(at: datetime) -> Result:
    """The same run, as if it had begun earlier and lasted longer."""
    return replace(_processor(), started_at=written(at))


def _files(signed: SignedVerdict, of: Result | None = None) -> dict[str, bytes]:
    return files(of or _processor(), challenge=signed)


def _case(name: str, about: str, of: dict[str, bytes], **answer: Any) -> Case:  # noqa: ANN401 - any member of one
    return Case(name=name, about=about, files=of, **({"challengers": _BELIEVED} | answer))
