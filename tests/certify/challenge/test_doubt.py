"""A challenger whose words are in order and cannot be true: each with its sentence."""

from dataclasses import replace

import pytest

from netmind_tui.certify.challenge.message import About, Draw, Greeting, Start
from netmind_tui.certify.proof.prover import ReferenceProver
from netmind_tui.certify.refused import Refused


@pytest.mark.parametrize(
    ("kind", "changes", "words"),
    [
        (About, {"challenger": "ed25519:" + "ab" * 32}, "says it is ed25519:abababab… and signs as"),
        (Greeting, {"node": "ed25519:" + "ab" * 32}, "node is not that of this challenge"),
        (Greeting, {"answers": "ab" * 32}, "nonce is not that of this challenge"),
        (Greeting, {"chain": "chain.new"}, "wants chain.new@1, which is not in this node's catalogue"),
        (Greeting, {"chain_version": 2}, "which is not in this node's catalogue"),
        (Greeting, {"chain_digest": "ab" * 32}, "is another one than this node's"),
        (Start, {"session": "ab" * 32}, "session is not that of this challenge"),
        (Start, {"nonce1": "ab" * 32}, "nonce1 is not that of this challenge"),
        (Draw, {"root": "ab" * 32}, "root is not that of this challenge"),
        (Draw, {"nonce2": "ab" * 32}, "nonce2 is not that of this challenge"),
        (Draw, {"rows": tuple(range(63))}, "draws 63 rows, 64 different ones are expected"),
        (Draw, {"rows": (0,) * 64}, "64 different ones are expected"),
        (Draw, {"rows": tuple(range(100, 164))}, "draws a row that does not exist: there are 128"),
        (Draw, {"elapsed_s": 0.5}, "0.500 s, which cannot be: by this node's own it was 2.000 to 2.000 s"),
        (Draw, {"elapsed_s": 7.0}, "7.000 s, which cannot be"),
        (Draw, {"elapsed_s": -1.0}, "which cannot be"),
        (Draw, {"elapsed_s": 0}, "0.000 s, which cannot be"),
    ],
)
def test_what_cannot_be_true_is_not_believed(take, wire, kind, changes, words):
    wire.lie(kind, **changes)
    with pytest.raises(Refused) as caught:
        take()
    assert words in caught.value.sentence


def test_no_time_at_all_cannot_be_true_however_fast_the_devices_are(take, wire):
    """Nothing can be divided by it."""
    wire.lie(Draw, elapsed_s=0)
    with pytest.raises(Refused, match=r"says 0\.000 s, which cannot be"):
        take(prover=ReferenceProver)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"node_key": "ed25519:" + "ab" * 32}, "node_key is not what it was"),
        ({"session": "ab" * 32}, "session is not what it was"),
        ({"nonce2": "ab" * 32}, "nonce2 is not what it was"),
        ({"root": "ab" * 32}, "root is not what it was"),
        ({"chain": "chain.int8.wide"}, "chain is not what it was"),
        ({"devices": ("cpu", "gpu:0")}, "devices is not what it was"),
        ({"initiated_by": "challenger"}, "initiated_by is not what it was"),
        ({"elapsed_s": 0.1}, "elapsed_s is not what it was"),
        ({"operations": "1"}, "operations is not what it was"),
        ({"rate_tops": 99.0}, "rate is not its operations through its time"),
        ({"finished_at": "2026-11-23T14:00:00.000Z"}, "is one wrong?"),
        ({"started_at": "2026-11-22T10:00:00.000Z"}, "is one wrong?"),
        ({"started_at": "yesterday"}, "its times are no times such as"),
        ({"started_at": "2026-11-22T13:40:00.000Z", "finished_at": "2026-11-22T13:40:02.000Z"}, "is one wrong?"),
        ({"finished_at": "2026-11-22T13:59:01.000Z"}, "its clock ran for 2.000 s between"),
        ({"verdict": "failed", "reason": "I do not like it"}, "found the proof wrong: I do not like it"),
    ],
)
def test_a_verdict_about_something_else_is_not_kept(take, wire, changes, words):
    wire.judge_otherwise(**changes)
    with pytest.raises(Refused) as caught:
        take()
    assert words in caught.value.sentence


def test_a_dearer_chain_than_the_rule_gives_is_not_computed(take, made):
    """A challenger cannot make a small machine work for hours."""
    dear = replace(made.SPEC, certifies=True)
    rule = replace(made.SPEC, id="chain.rule", certifies=True)
    with pytest.raises(Refused, match=r"the rule for these devices gives chain\.rule@1"):
        take(chains=(rule, dear))
