"""Waiting for a call: what is said, how long until it is asked again, and how the command ends."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from netmind_tui.certify.challenge.allowance import Allowance
from netmind_tui.certify.challenge.line import Gone, TurnedAway
from netmind_tui.certify.challenge.message import Call
from netmind_tui.certify.challenge.node import FoundWrong, Node
from netmind_tui.certify.challenge.store import Store
from netmind_tui.certify.refused import Refused
from netmind_tui.certify.stay import first_stay, keep_stay
from netmind_tui.cli import challenge_wait
from netmind_tui.cli.challenge_wait import Asking, Wishes
from netmind_tui.cli.challenged import challenged
from netmind_tui.cli.output import Format
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem
from netmind_tui.paths import identity_dir

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
WISHES = Wishes(
    url="http://127.0.0.1:1",
    at_most=1,
    seconds=60,
    within=(),
    devices=(),
    run=None,
    scope=None,
    count=None,
    form=Format.TABLE,
)


def call(word=None, again_s=15.0):
    return Call(node="", answers="", call=word, answer_s=None if word is None else 60.0, again_s=again_s)


class Scripted:
    """A node that hears what the test wrote down, one answer after the other."""

    def __init__(self, *answers) -> None:
        self.answers, self.forgotten = list(answers), 0

    def wait(self, *_allowed):
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def forget(self):
        self.forgotten += 1


@pytest.fixture
def asking(tmp_path):
    """Ask a challenger that answers so: ``asking(call("ab"), Gone("…"))``, at noon unless the test moves the clock."""

    def asking(*answers, within=()):
        allowance = Allowance(at_most=1, within=within, seconds=60, path=tmp_path / "challenges.txt")
        found = Asking(Scripted(*answers), WISHES, allowance, lambda: found.now)
        found.now = NOON
        return found

    return asking


def test_a_call_is_noted_before_it_is_answered(asking, tmp_path):
    assert asking(call("ab")).word() == "ab"
    assert (tmp_path / "challenges.txt").read_text() == "2026-11-22T12:00:00.000Z\n"


def test_what_the_owner_does_not_allow_is_said_once_and_nobody_is_asked(asking, capsys):
    found = asking(within=((0, 60),))
    assert [found.word() for _ in range(3)] == [None] * 3
    assert capsys.readouterr().err == "netmind: it is outside of the hours that you allow; waiting\n"
    assert found.again_s == 60


def test_what_another_command_used_meanwhile_is_not_used_again(asking, tmp_path, capsys):
    found = asking()

    class Slow(Scripted):
        def wait(self, *_allowed):
            (tmp_path / "challenges.txt").write_text("2026-11-22T11:00:00.000Z\n")
            return call("ab")

    found._node = Slow()
    assert found.word() is None
    assert (
        "1 challenges began within 24 hours, as many as you allow; the call is left to pass" in capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("trouble", "forgotten"),
    [
        (Gone("nobody answers"), 0),
        (TurnedAway("the challenger refuses: not now", busy=True), 0),
        (Refused("file", "the challenger's call is not valid JSON"), 1),
        (Refused("challenge", "signed by another challenger"), 1),
    ],
)
def test_one_bad_answer_is_said_and_asked_again(asking, capsys, trouble, forgotten):
    found = asking(trouble, trouble, call())
    assert [found.word(), found.word()] == [None, None]
    assert capsys.readouterr().err.count(f"{trouble.sentence}; asking again") == 1
    assert found._node.forgotten == 2 * forgotten
    assert found.word() is None
    assert found.again_s == 15


def test_the_longer_it_goes_wrong_the_rarer_it_is_asked(asking):
    found = asking(*[Gone("nobody answers")] * 7, call(), Gone("nobody answers"))
    pauses = [(found.word(), found.again_s)[1] for _ in range(9)]
    assert pauses == [30, 60, 120, 240, 480, 600, 600, 15, 30]


def test_a_challenger_that_got_another_key_is_known_anew(made_node):
    """Whoever waits for weeks is not deaf after a change at the challenger's."""
    node, said = made_node("ed25519:" + "ab" * 32, "ed25519:" + "cd" * 32)
    node.challenger()
    node.forget()
    assert node.challenger() == "ed25519:" + "cd" * 32
    assert said == ["the challenger is ed25519:cdcdcdcd… now, and was ed25519:abababab…"]


@pytest.fixture
def made_node(monkeypatch):
    def made_node(*keys):
        class Line:
            def ask(self, _path):
                return b""

        answers = iter(keys)

        def heard(_data, kind, _what):
            key = next(answers)
            return kind(challenger=key), key

        monkeypatch.setattr("netmind_tui.certify.challenge.node.heard", heard)
        said = []
        return Node(Line(), None, (), None, pause=pytest.fail, tell=said.append), said

    return made_node


class TestHowItEnds:
    @pytest.fixture
    def wait(self, node, monkeypatch):
        """The command, called at once each time; what is taken is what the test says."""

        def wait(*ends):
            monkeypatch.setattr(challenge_wait.Asking, "word", lambda _asking: "ab" * 32)
            answers = iter(ends)

            def take(*_arguments, **_options):
                found = next(answers)
                if isinstance(found, Exception):
                    raise found
                return found

            monkeypatch.setattr(challenge_wait, "take", take)
            return node("anna")("challenge", "wait", "http://127.0.0.1:1", "--count", str(len(ends)))

        return wait

    def test_with_1_where_the_proof_was_found_wrong(self, wait):
        done = wait(FoundWrong("challenge", "the challenger found the proof wrong: row 3"))
        assert (done.code, "row 3" in done.err, done.out) == (1, True, "")

    def test_with_3_once_the_node_left_meanwhile(self, wait, monkeypatch):
        asked = challenge_wait.open_node

        def open_node(*arguments):
            keep_stay(identity_dir(), replace(first_stay("2026-11-23T06:00:00.000Z"), began=None))
            return asked(*arguments)

        monkeypatch.setattr(challenge_wait, "open_node", open_node)
        done = wait("never taken")
        assert (done.code, "this node waits" in done.err) == (3, True)

    def test_with_1_where_none_could_be_taken(self, wait):
        assert wait(Gone("nobody answers"), Problem("gpu:0 is busy", ExitCode.UNMEASURED)).code == 1


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (FoundWrong("challenge", "the challenger found the proof wrong"), ExitCode.FAILED),
        (Refused("challenge", "the challenger's clock says 0.000 s, which cannot be"), ExitCode.UNMEASURED),
        (Gone("nobody answers"), ExitCode.UNMEASURED),
        (Problem("the worker died", ExitCode.CRASHED), ExitCode.UNMEASURED),
    ],
)
def test_only_a_proof_that_was_found_wrong_is_the_nodes_failure(problem, code, monkeypatch, capsys):
    def take(*_arguments, **_options):
        raise problem

    monkeypatch.setattr("netmind_tui.cli.challenged.take", take)
    found = challenged(None, None, (), None)
    assert (found.signed, found.code) == (None, code)
    assert capsys.readouterr().err.endswith("it is certified without a challenge\n")


def test_a_list_tells_of_calls(node):
    anna = node("anna")
    folder = anna.home / ".local/share/netmind/challenger"
    folder.mkdir(parents=True, mode=0o700)
    store = Store(folder / "challenges.sqlite3")
    store.call("ab" * 32, "ed25519:" + "ab" * 32, NOON)
    store.call("cd" * 32, "ed25519:" + "ab" * 32, NOON + timedelta(days=1))
    store.miss("ab" * 32)
    store.close()
    assert "2 calls, of which 1 were missed" in anna("challenge", "list").out
    calls = json.loads(anna("challenge", "list", "--json").out)["calls"]
    assert [each["answered"] for each in calls] == ["missed", "called"]
    assert json.loads(anna("challenge", "list", "--json", "--node", "ed25519:" + "cd" * 32).out)["calls"] == []
