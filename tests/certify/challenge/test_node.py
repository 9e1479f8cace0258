"""A node before a challenger that lies, or only says something else than it should: each with its sentence."""

import pytest

from netmind_tui.certify.challenge.line import Gone, TurnedAway
from netmind_tui.certify.challenge.message import Checking, Draw, Greeting, Start, say
from netmind_tui.certify.challenge.verdict import read_verdict
from netmind_tui.certify.proof.prover import ReferenceProver
from netmind_tui.certify.refused import Refused
from netmind_tui.model.challenge import Outcome
from netmind_tui.model.problem import Problem


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


class TestADeadline:
    def test_a_challenger_that_never_comes_to_a_verdict_is_left(self, take, wire, challenger):
        def later(answer):
            held.setdefault("verdict", answer)
            signed = read_verdict(held["verdict"]).verdict
            return say(Checking(session=signed.session, root=signed.root, again_s=30.0), challenger.key.private)

        held = {}
        wire.changes = {"opened": later, "asked": later}
        with pytest.raises(Problem, match="longer than the 60 s that are allowed") as caught:
            take(seconds=60)
        assert caught.value.code == 3
        assert challenger.clock.seconds <= 62

    def test_without_one_a_verdict_is_waited_for_a_quarter_of_an_hour(self, take, wire, challenger):
        ask = wire.ask

        def never(path, message=None, *, within_s=None):
            if not path.startswith(("/v1/opened", "/v1/asked")):
                return ask(path, message, within_s=within_s)
            (session,) = (each.session for each in challenger.store.entries())
            return say(Checking(session=session, root="ab" * 32, again_s=1e9), challenger.key.private)

        wire.ask = never
        with pytest.raises(Problem, match="longer than the 900 s"):
            take()

    def test_every_message_has_what_is_left_of_it(self, take, wire):
        take(seconds=60)
        steps = dict(zip(wire.asked, wire.patience, strict=True))
        assert (steps["/v1/hello"], steps["/v1/committed"]) == (60, 58)

    def test_a_prover_that_takes_longer_is_not_followed_by_a_root(self, take, wire, challenger):
        class Slow(ReferenceProver):
            def prove(self, nonce2):
                challenger.clock.go(61)
                return super().prove(nonce2)

        with pytest.raises(Problem, match="longer than the 60 s"):
            take(seconds=60, prover=Slow)
        assert "/v1/committed" not in wire.asked


def test_the_devices_are_free_before_the_verdict_is_waited_for(take, wire):
    steps = []

    class Prover(ReferenceProver):
        def close(self):
            steps.append("closed")
            super().close()

    wire.changes["opened"] = lambda answer: steps.append("opened") or answer
    take(prover=Prover, opened=lambda: steps.append("free"))
    assert steps == ["closed", "free", "opened"]


class TestAnAnswerThatIsLost:
    @pytest.fixture
    def lose(self, wire):
        """Let answers to the rows be lost: so many, and whether the rows came."""

        def lose(count, *, arrived):
            ask, lost = wire.ask, []

            def losing(path, message=None, *, within_s=None):
                if not path.startswith("/v1/opened") or len(lost) == count:
                    return ask(path, message, within_s=within_s)
                lost.append(path)
                if arrived:
                    ask(path, message, within_s=within_s)
                raise Gone("the challenger did not answer within 30 s")

            wire.ask = losing
            return lost

        return lose

    def test_the_verdict_is_asked_for(self, take, lose):
        lose(1, arrived=True)
        said = []
        assert take(tell=said.append).signed.verdict.verdict == "passed"
        assert said[-1].endswith("did not answer within 30 s; asking for the verdict")

    def test_rows_that_did_not_come_are_sent_a_second_time(self, take, wire, lose):
        lose(1, arrived=False)
        wire.refuses = True
        assert take().signed.verdict.verdict == "passed"

    def test_a_challenger_that_is_gone_is_not_asked_for_ever(self, take, wire):
        ask = wire.ask
        asked = []

        def gone(path, message=None, *, within_s=None):
            if path.startswith(("/v1/opened", "/v1/asked")):
                asked.append(path)
                raise Gone("nobody answers")
            return ask(path, message, within_s=within_s)

        wire.ask = gone
        with pytest.raises(Gone, match="nobody answers"):
            take()
        assert len(asked) == 4


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
    word = challenger.desk.summons.call(made.key_of(1).public)
    assert take(call=word).signed.verdict.initiated_by == "challenger"


def test_a_call_counts_once_and_for_its_node_alone(take, challenger, made):
    word = challenger.desk.summons.call(made.key_of(2).public)
    with pytest.raises(Refused, match="did not call this node"):
        take(call=word)
    word = challenger.desk.summons.call(made.key_of(1).public)
    take(call=word)
    with pytest.raises(Refused, match="did not call this node"):
        take(call=word)


def test_turned_away_is_told_in_the_challengers_words(take, wire):
    def away(_answer):
        raise TurnedAway("the challenger refuses: 3 challenges are under way here", busy=True)

    wire.changes["hello"] = away
    with pytest.raises(TurnedAway, match="3 challenges"):
        take()
