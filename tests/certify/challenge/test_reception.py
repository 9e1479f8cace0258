"""What a challenger answers at each path: its number and its sentence, without a wire."""

import asyncio
import json
from dataclasses import replace

import pytest

from netmind_tui.certify.challenge.declined import Declined, Why
from netmind_tui.certify.challenge.limit import SMALL_BYTES, Bounds
from netmind_tui.certify.challenge.message import About, Asked, Checking, Greeting, Hello, heard, say
from netmind_tui.certify.challenge.reception import STATUS, Reception
from netmind_tui.certify.challenge.verdict import read_verdict
from netmind_tui.certify.refused import Refused
from netmind_tui.model.challenge import Outcome


class Asking:
    """The reception of a challenger, the limits that it named for a body, and what it warned of."""

    def __init__(self, challenger) -> None:
        self.limits, self.warnings = [], []
        self._challenger = challenger

    def warn(self, sentence):
        self.warnings.append(sentence)

    def verdict(self, _envelope):
        pytest.fail("nothing is judged here")

    def __call__(self, path: str, data: bytes = b""):
        """The status and the bytes of an answer."""

        async def body(most):
            self.limits.append(most)
            return data

        async def answer():
            known = self._challenger
            reception = Reception(known.desk, known.board, known.clock, Bounds(), self)
            try:
                return await reception.answer(path, body)
            finally:
                reception.close()

        return asyncio.run(answer())


@pytest.fixture
def ask(challenger):
    return Asking(challenger)


@pytest.fixture
def post(ask):
    """The status and the sentence of a refusal: ``post("/v1/hello", b"{}")``."""

    def post(path, data):
        answer = ask(path, data)
        return answer.status, json.loads(answer.data).get("refused", "")

    return post


@pytest.fixture
def hello(challenger):
    return Hello(
        challenger=challenger.key.public,
        nonce="ab" * 32,
        provider="cpu",
        devices=("cpu",),
        memory_bytes=(1,),
        call=None,
    )


def test_it_says_who_it_is_to_whoever_asks_and_reads_nothing(ask, challenger):
    answer = ask("/v1/challenger")
    about, key = heard(answer.data, About, "it")
    assert (answer.status, about.challenger, key) == (200, challenger.key.public, challenger.key.public)
    assert ask.limits == []


def test_a_message_is_answered_over_the_challengers_signature(ask, made, challenger, hello):
    answer = ask("/v1/hello", say(hello, made.key_of(1).private))
    greeting, key = heard(answer.data, Greeting, "it")
    assert (answer.status, greeting.answers, key) == (200, hello.nonce, challenger.key.public)
    assert ask.limits == [SMALL_BYTES]


def test_there_is_nothing_elsewhere(post, ask):
    assert post("/v1/nothing", b"") == (404, "there is nothing at /v1/nothing")
    assert ask.limits == []


def test_only_a_session_that_awaits_rows_may_send_long_ones(ask, node):
    node.through()
    for session in ("ab" * 32, node.greeting.session):
        ask(f"/v1/opened/{session}", b"")
    assert ask.limits == [SMALL_BYTES, Bounds().large_bytes]


def test_rows_of_another_session_than_the_path_says_are_not_taken(post, node, challenger):
    node.through()
    status, words = post(f"/v1/opened/{'ab' * 32}", say(node.opened(), node.key.private))
    assert (status, "another session than the path says" in words) == (403, True)
    assert challenger.desk.book[node.greeting.session].awaits_rows


def test_nothing_is_answered_that_is_not_in_the_record(post, ask, made, challenger, hello):
    challenger.store.close()
    status, words = post("/v1/hello", say(hello, made.key_of(1).private))
    assert (status, words) == (500, "this challenger cannot write its record")
    (warning,) = ask.warnings
    assert "the record of challenges" in warning


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"", 400, "is empty"),
        (b"{}", 400, "is no signed envelope"),
        (b"[" * 5000, 400, "nested deeper"),
        (b'{"a":1,"a":1}', 400, "twice in one object"),
        (b"\xff\xfe", 400, "is not UTF-8"),
        (b"PK\x03\x04", 400, "a zip archive"),
    ],
)
def test_a_message_that_is_none_is_refused_with_its_sentence(post, body, status, words):
    found = post("/v1/hello", body)
    assert (found[0], words in found[1]) == (status, True)


def test_a_message_whose_signature_does_not_hold(post, made, hello):
    key, other = made.key_of(1), made.key_of(2)
    data = say(hello, key.private).replace(key.public.encode(), other.public.encode())
    status, words = post("/v1/hello", data)
    assert (status, "signature does not hold" in words) == (401, True)


def test_a_message_is_itself_and_counts_once(post, made, hello):
    def said(path, **changes):
        return post(path, say(replace(hello, **changes), made.key_of(1).private))

    assert said("/v1/ready")[0] == 400  # a hello where ready is expected
    assert said("/v1/hello", devices=())[1].endswith("found 0")
    assert said("/v1/hello", devices=("cpu", "cpu"), memory_bytes=(1, 1))[0] == 400
    assert said("/v1/hello")[0] == 200
    assert said("/v1/hello")[0] == 409


class Hearing:
    """Whoever hears what a challenger does."""

    def __init__(self) -> None:
        self.verdicts, self.warnings = [], []
        self.told = asyncio.Event()

    def verdict(self, envelope):
        self.verdicts.append(read_verdict(envelope).verdict)
        self.told.set()

    def warn(self, sentence):
        self.warnings.append(sentence)


class TestRowsThatComeSlowly:
    @pytest.fixture
    def upload(self, challenger, node):
        """Run a coroutine with a reception, the path of a session that awaits rows, those rows, and who hears."""

        def upload(action, **bounds):
            async def run():
                hearing = Hearing()
                reception = Reception(challenger.desk, challenger.board, challenger.clock, Bounds(**bounds), hearing)
                try:
                    return await action(reception, f"/v1/opened/{node.greeting.session}", hearing)
                finally:
                    reception.close()

            node.through()
            self.rows = say(node.opened(), node.key.private)
            return asyncio.run(run())

        return upload

    async def body(self, _most):
        return self.rows

    def test_one_lot_at_a_time_is_read_of_a_session(self, upload, node):
        """Many lots for one session would keep the one thread that reads from everybody else's rows."""

        async def action(reception, path, hearing):
            gate, asked = asyncio.Event(), []

            async def slow(_most):
                await gate.wait()
                return self.rows

            async def other(most):
                asked.append(most)
                return say(replace(node.opened(), rows=()), node.key.private)

            first = asyncio.create_task(reception.answer(path, slow))
            await asyncio.sleep(0)
            second = await reception.answer(path, other)
            gate.set()
            return (await first).status, second, asked, hearing.verdicts

        status, second, asked, (verdict,) = upload(action)
        assert (second.status, "are on their way" in json.loads(second.data)["refused"]) == (409, True)
        assert asked == [SMALL_BYTES]
        assert (status, verdict.verdict) == (200, "passed")

    def test_rows_of_another_key_reach_no_thread(self, upload, made, node, monkeypatch):
        async def action(reception, path, _hearing):
            async def foreign(_most):
                return say(node.opened(), made.key_of(5).private)

            monkeypatch.setattr(
                "netmind_tui.certify.challenge.reception.heard_rows", lambda _data: pytest.fail("they were read")
            )
            return await reception.answer(path, foreign)

        assert upload(action).status == 403

    def test_an_upload_that_breaks_off_or_is_wrong_can_be_made_again(self, upload, node):
        async def action(reception, path, hearing):
            async def broken(_most):
                raise ConnectionResetError

            async def wrong(_most):
                return say(replace(node.opened(), root="ab" * 32), node.key.private)

            with pytest.raises(ConnectionResetError):
                await reception.answer(path, broken)
            second = await reception.answer(path, wrong)
            third = await reception.answer(path, self.body)
            return second.status, third.status, [each.verdict for each in hearing.verdicts]

        assert upload(action) == (403, 200, ["passed"])

    def test_a_verdict_that_takes_its_time_is_asked_for(self, upload, node):
        async def action(reception, path, hearing):
            async def asked(_most):
                message = Asked(session=node.greeting.session, root=node.root)
                return say(message, node.key.private)

            first = await reception.answer(path, self.body)
            second = await reception.answer("/v1/asked", asked)
            await asyncio.wait_for(hearing.told.wait(), 30)
            return first, second, await reception.answer("/v1/asked", asked)

        first, second, third = upload(action, hold_s=0)
        for answer in (first, second):
            assert heard(answer.data, Checking, "it")[0].session == node.greeting.session
        assert read_verdict(third.data).verdict.verdict == "passed"


class TestARecordThatCannotBeWritten:
    def test_what_is_too_late_is_ended_when_it_can_be(self, challenger, node):
        hearing = Hearing()
        reception = Reception(challenger.desk, challenger.board, challenger.clock, Bounds(), hearing)
        node.greeted()
        challenger.clock.go(1000)
        with challenger.locked():
            for _ in range(3):
                reception.sweep()
        assert challenger.only().outcome is Outcome.GREETED
        (warning,) = hearing.warnings
        assert "database is locked" in warning
        reception.sweep()
        assert challenger.only().outcome is Outcome.EXPIRED
        reception.close()

    def test_nobody_else_is_refused_for_it(self, challenger, node, made):
        """The time of one is over and cannot be recorded; another one goes on."""
        other = made.Contestant(challenger, seed=2)
        node.greeted()
        challenger.clock.go(250)
        other.through()
        challenger.clock.go(100)
        question = None
        with challenger.locked():
            question = challenger.desk.opened(other.opened(), other.key.public)
        assert question.node_key == other.key.public


def test_every_kind_of_refusal_has_a_number():
    assert set(STATUS) == set(Why)
    assert issubclass(Declined, Refused)
