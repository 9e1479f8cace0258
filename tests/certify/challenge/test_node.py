"""A node before a challenger that lies, or only says something else than it should: each with its sentence."""

from dataclasses import replace

import pytest

from netmind_tui.certify.challenge.line import TurnedAway
from netmind_tui.certify.challenge.message import About, Call, Checking, Draw, Greeting, Start, heard, say
from netmind_tui.certify.challenge.node import Devices, Node
from netmind_tui.certify.challenge.verdict import read_verdict, sign_verdict
from netmind_tui.certify.proof.prover import ReferenceProver
from netmind_tui.certify.refused import Refused
from netmind_tui.model.challenge import Outcome
from netmind_tui.model.kernel import Provider
from netmind_tui.model.problem import Problem

DEVICES = Devices(provider=Provider.CPU, words=("cpu",), memory_bytes=(1 << 34,))
PATHS = {About: "challenger", Greeting: "hello", Start: "ready", Draw: "committed", Call: "waiting"}


class Wire:
    """A line to a challenger in this process, on which somebody may change what it says."""

    def __init__(self, challenger) -> None:
        self.challenger, self.changes, self.asked = challenger, {}, []

    def ask(self, path: str, message: bytes | None = None) -> bytes:
        self.asked.append(path)
        step = path.split("/")[2]
        answer = self.challenger.answer(path, message)
        change = self.changes.get(step)
        return answer if change is None else change(answer)

    def lie(self, kind, key=None, **changes) -> None:
        """Let the challenger say something else; ``key`` signs it, or its own."""
        sign = key or self.challenger.key

        def changed(answer):
            message, _ = heard(answer, kind, "it")
            return say(replace(message, **changes), sign.private)

        self.changes[PATHS[kind]] = changed

    def judge_otherwise(self, key=None, **changes) -> None:
        """Let the verdict be another one."""
        sign = key or self.challenger.key

        def changed(answer):
            return sign_verdict(replace(read_verdict(answer).verdict, **changes), sign.private)

        self.changes["opened"] = changed


@pytest.fixture
def wire(challenger):
    return Wire(challenger)


@pytest.fixture
def take(made, wire, challenger):
    """Be challenged; proving takes two seconds of the clock that both have."""

    class Prover(ReferenceProver):
        def prove(self, nonce2):
            challenger.clock.go(2)
            return super().prove(nonce2)

    def take(*, chains=(made.SPEC,), prover=Prover, call=None):
        key = made.key_of(1)
        node = Node(wire, key, chains, challenger.clock, pause=challenger.clock.go)
        return node.take(DEVICES, lambda spec: prover(spec, key.public, DEVICES.words), call)

    return take


def test_an_honest_challenger_gives_a_verdict_that_is_believed(take, challenger, made):
    taken = take()
    assert taken.signed.verdict.verdict == "passed"
    assert taken.signed == read_verdict(taken.envelope)
    assert (taken.own_s, taken.signed.verdict.elapsed_s) == (2, 2)
    assert challenger.only().outcome is Outcome.PASSED


def test_a_verdict_that_takes_its_time_is_asked_for_again(take, wire, challenger, made):
    slow = {"left": 3}
    held = {}

    def later(answer):
        held.setdefault("verdict", answer)
        signed = read_verdict(held["verdict"]).verdict
        slow["left"] -= 1
        if slow["left"] < 0:
            return held["verdict"]
        checking = Checking(session=signed.session, root=signed.root, again_s=1.0)
        return say(checking, challenger.key.private)

    wire.changes = {"opened": later, "asked": later}
    assert take().signed.verdict.verdict == "passed"
    assert wire.asked.count("/v1/asked") == 3


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
    ],
)
def test_what_cannot_be_true_is_not_believed(take, wire, kind, changes, words):
    wire.lie(kind, **changes)
    with pytest.raises(Refused) as caught:
        take()
    assert words in caught.value.sentence


def test_both_nonces_the_same(take, wire, challenger):
    nonce = f"{2:064x}"  # the first that these dice give to a session
    wire.lie(Start, nonce2=nonce)
    with pytest.raises(Refused, match="the same nonce twice"):
        take()


@pytest.mark.parametrize("kind", [Greeting, Start, Draw])
def test_what_somebody_else_signed_is_not_believed(take, wire, made, kind):
    wire.lie(kind, key=made.key_of(66))
    with pytest.raises(Refused, match="another challenger than"):
        take()


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
        ({"rate_tops": 99.0}, "rate is not the operations through its own time"),
        ({"finished_at": "2026-11-23T14:00:00.000Z"}, "is one wrong?"),
        ({"started_at": "2026-11-22T10:00:00.000Z"}, "is one wrong?"),
        ({"started_at": "yesterday"}, "is one wrong?"),
        ({"verdict": "failed", "reason": "I do not like it"}, "found the proof wrong: I do not like it"),
    ],
)
def test_a_verdict_about_something_else_is_not_kept(take, wire, changes, words):
    wire.judge_otherwise(**changes)
    with pytest.raises(Refused) as caught:
        take()
    assert words in caught.value.sentence


def test_a_verdict_of_another_challenger_is_not_kept(take, wire, made):
    other = made.key_of(66)
    wire.judge_otherwise(key=other, challenger_key=other.public)
    with pytest.raises(Refused, match="another challenger"):
        take()


def test_a_verdict_whose_signature_does_not_hold_is_not_kept(take, wire):
    wire.changes["opened"] = lambda answer: answer.replace(b'"sig":"', b'"sig":"AAAA', 1)[: len(answer)]
    with pytest.raises(Refused):
        take()


def test_a_verdict_signed_by_another_than_it_names_is_not_kept(take, wire, made):
    wire.judge_otherwise(key=made.key_of(66))
    with pytest.raises(Refused, match="speaks for"):
        take()


def test_a_dearer_chain_than_the_rule_gives_is_not_computed(take, made):
    """A challenger cannot make a small machine work for hours."""
    dear = replace(made.SPEC, certifies=True)
    rule = replace(made.SPEC, id="chain.rule", certifies=True)
    with pytest.raises(Refused, match=r"the rule for these devices gives chain\.rule@1"):
        take(chains=(rule, dear))


def test_a_prover_that_fails_is_closed_and_the_challenger_is_not_told_lies(take, challenger):
    closed = []

    class Broken(ReferenceProver):
        def prove(self, _nonce2):
            raise Problem("gpu:0 fell off the bus", 4)

        def close(self):
            closed.append(True)

    with pytest.raises(Problem, match="fell off"):
        take(prover=Broken)
    assert closed == [True]
    assert challenger.only().outcome is Outcome.STARTED


def test_a_call_lets_the_verdict_say_who_chose_the_moment(take, challenger, made):
    word = challenger.desk.call(made.key_of(1).public)
    assert take(call=word).signed.verdict.initiated_by == "challenger"


def test_a_call_counts_once_and_for_its_node_alone(take, challenger, made):
    word = challenger.desk.call(made.key_of(2).public)
    with pytest.raises(Refused, match="did not call this node"):
        take(call=word)
    word = challenger.desk.call(made.key_of(1).public)
    take(call=word)
    with pytest.raises(Refused, match="did not call this node"):
        take(call=word)


def test_turned_away_is_told_in_the_challengers_words(take, wire):
    def away(_answer):
        raise TurnedAway("the challenger refuses: 3 challenges are under way here", busy=True)

    wire.changes["hello"] = away
    with pytest.raises(TurnedAway, match="3 challenges"):
        take()
