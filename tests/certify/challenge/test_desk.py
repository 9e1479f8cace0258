"""The challenger without a wire: what it grants, what it refuses and with which words, and what it never forgets."""

from dataclasses import replace

import pytest

from netmind_tui.certify.challenge.declined import Why
from netmind_tui.certify.challenge.message import Asked, Committed, Ready
from netmind_tui.certify.challenge.verdict import read_verdict
from netmind_tui.certify.proof.prover import ReferenceProver
from netmind_tui.certify.refused import Refused
from netmind_tui.model.challenge import Outcome


def refused(action, *arguments):
    with pytest.raises(Refused) as caught:
        action(*arguments)
    return caught.value


class TestAChallenge:
    def test_right_rows_pass_with_the_challengers_own_seconds(self, node, challenger):
        node.through(seconds=2.5)
        verdict = node.verdict()
        operations = node.prover.spec.operations
        assert (verdict.verdict, verdict.reason, verdict.elapsed_s) == ("passed", None, 2.5)
        assert verdict.operations == str(operations)
        assert verdict.rate_tops == pytest.approx(operations / 2.5 / 1e12)
        assert (verdict.node_key, verdict.challenger_key) == (node.key.public, challenger.key.public)
        assert (verdict.rows_opened, verdict.challenges_started, verdict.challenges_passed) == (64, 1, 1)

    def test_the_seconds_before_ready_and_after_the_root_do_not_count(self, node, challenger):
        node.greeted()
        challenger.clock.go(100)
        node.started()
        node.committed(seconds=1)
        challenger.clock.go(50)
        assert node.verdict().elapsed_s == 1

    def test_what_counts_is_when_the_root_was_there_and_not_when_it_was_looked_at(self, node, challenger):
        node.greeted()
        node.started()
        arrived = challenger.clock.elapsed() + 3
        challenger.clock.go(20)
        committed = Committed(session=node.greeting.session, nonce2=node.start.nonce2, root="ab" * 32)
        assert challenger.desk.committed(committed, node.key.public, arrived).elapsed_s == 3

    def test_the_work_of_several_devices_counts_together(self, made, challenger):
        node = made.Contestant(challenger, devices=("gpu:0", "gpu:1", "gpu:2"))
        draw = node.through()
        assert max(draw.rows) >= 2 * made.SPEC.rows
        verdict = node.verdict()
        assert verdict.verdict == "passed"
        assert verdict.operations == str(3 * made.SPEC.operations)

    def test_a_verdict_can_be_asked_for_again(self, node):
        node.through()
        verdict = node.verdict()
        asked = Asked(session=node.greeting.session, root=node.root)
        assert read_verdict(node.desk.asked(asked, node.key.public)).verdict == verdict

    def test_until_there_is_a_verdict_the_node_asks_again(self, node, made):
        node.through()
        node.desk.opened(node.opened(), node.key.public)
        asked = Asked(session=node.greeting.session, root=node.root)
        assert isinstance(node.desk.asked(asked, node.key.public), made.Checking)

    def test_every_nonce_is_new(self, node, made, challenger):
        node.greeted()
        node.started()
        other = made.Contestant(challenger, seed=2)
        other.greeted()
        other.started()
        words = [node.greeting.nonce1, node.start.nonce2, other.greeting.nonce1, other.start.nonce2]
        assert len(set(words)) == 4
        assert all(challenger.store.is_taken(word) for word in words)


class TestAMessageThatDoesNotCount:
    def test_a_hello_counts_once(self, node):
        node.greeted()
        found = refused(node.greeted)
        assert found.why is Why.REPLAYED
        assert "this nonce was used before" in found.sentence

    def test_a_hello_to_another_challenger_is_not_taken(self, node, made):
        found = refused(lambda: node.greeted(challenger=made.key_of(77).public))
        assert "this is challenger" in found.sentence

    def test_a_stranger_is_turned_away(self, made, tmp_path):
        known = made.key_of(2).public
        challenger = made.Challenger(tmp_path / "a.sqlite3", allowed=frozenset({known}))
        assert "not on this challenger's list" in refused(made.Contestant(challenger, seed=1).greeted).sentence
        made.Contestant(challenger, seed=2).greeted()

    def test_devices_that_no_chain_fits_are_turned_away(self, node):
        node.desk._choose = lambda _hello: None
        assert "no chain of the catalogue fits" in refused(node.greeted).sentence

    def test_a_foreign_first_nonce(self, node):
        node.greeted()
        ready = Ready(session=node.greeting.session, nonce1="ab" * 32)
        assert "nonce1 is not that of this session" in refused(node.desk.ready, ready, node.key.public).sentence

    def test_a_foreign_second_nonce(self, node):
        node.greeted()
        node.started()
        committed = Committed(session=node.greeting.session, nonce2="ab" * 32, root="cd" * 32)
        found = refused(node.desk.committed, committed, node.key.public, node.challenger.clock.elapsed())
        assert "nonce2 is not that of this session" in found.sentence

    def test_rows_under_another_root_than_was_committed_to(self, node):
        node.through()
        opened = replace(node.opened(), root="ab" * 32)
        assert "root is not that of this session" in refused(node.desk.opened, opened, node.key.public).sentence

    def test_another_nodes_session(self, node, made):
        node.greeted()
        ready = Ready(session=node.greeting.session, nonce1=node.greeting.nonce1)
        found = refused(node.desk.ready, ready, made.key_of(5).public)
        assert (found.why, "this session is not that of" in found.sentence) == (Why.FOREIGN, True)

    def test_a_session_that_never_was(self, node):
        found = refused(node.desk.ready, Ready(session="ab" * 32, nonce1="cd" * 32), node.key.public)
        assert found.why is Why.UNKNOWN
        assert "there is no such session" in found.sentence

    def test_ready_twice_gives_no_second_nonce(self, node):
        node.greeted()
        node.started()
        found = refused(node.started)
        assert "this session expects the root, not ready: each answer counts once" in found.sentence

    def test_a_second_root_is_not_taken(self, node):
        draw = node.through()
        found = refused(lambda: node.committed(bytes(32)))
        assert "this session expects the opened rows, not the root" in found.sentence
        assert node.draw == draw

    def test_rows_are_opened_once(self, node):
        node.through()
        opened = node.opened()
        node.desk.opened(opened, node.key.public)
        assert "opened already" in refused(node.desk.opened, opened, node.key.public).sentence
        node.desk.judge(node.greeting.session, None)
        assert "it has its verdict" in refused(node.desk.opened, opened, node.key.public).sentence

    def test_there_is_no_verdict_before_the_rows(self, node):
        node.through()
        asked = Asked(session=node.greeting.session, root=node.root)
        assert "to be opened first" in refused(node.desk.asked, asked, node.key.public).sentence


class TestRowsThatAreOpened:
    def test_a_node_whose_rows_are_looked_at_waits_for_its_verdict(self, node):
        node.through()
        question = node.desk.opened(node.opened(), node.key.public)
        node.nonce = "ee" * 32
        assert "are being computed again: ask for its verdict" in refused(node.greeted).sentence
        node.desk.judge(question.session, None)
        node.greeted()

    def test_rows_are_awaited_at_one_step_alone(self, node):
        book = node.desk.book
        assert book.await_rows("ab" * 32) is None
        node.greeted()
        assert book.await_rows(node.greeting.session) is None
        node.started()
        node.committed()
        assert book.await_rows(node.greeting.session) == node.key.public
        book.have_rows(node.greeting.session)
        node.verdict()
        assert book.await_rows(node.greeting.session) is None

    def test_they_come_once_at_a_time_and_the_node_is_told_to_wait_meanwhile(self, node, made):
        node.through()
        book, session = node.desk.book, node.greeting.session
        assert book.await_rows(session) == node.key.public
        assert book.await_rows(session) is None
        assert "are on their way" in book.unawaited(session, node.key.public).sentence
        asked = Asked(session=session, root=node.root)
        assert isinstance(node.desk.asked(asked, node.key.public), made.Checking)
        book.have_rows(session)
        assert "to be opened first" in refused(node.desk.asked, asked, node.key.public).sentence
        assert book.await_rows(session) == node.key.public

    def test_what_reading_them_takes_is_not_the_nodes_time(self, node, challenger):
        node.through()
        node.desk.book.await_rows(node.greeting.session)
        challenger.clock.go(10_000)
        challenger.desk.sweep()
        assert challenger.only().outcome is Outcome.COMMITTED
        node.desk.book.have_rows(node.greeting.session)
        challenger.desk.sweep()
        assert challenger.only().outcome is Outcome.EXPIRED


def shifted(rows, by=1):
    return (*rows[:3], replace(rows[3], index=rows[3].index + by), *rows[4:])


class TestRowsThatShowNothing:
    @pytest.mark.parametrize(
        ("change", "words"),
        [
            (shifted, "row 7 was opened and not drawn"),
            (lambda rows: rows[:-1], "64 rows were drawn and 63 opened"),
            (lambda _rows: (), "64 rows were drawn and 0 opened"),
            (lambda rows: (*rows[:-1], rows[0]), "a row is opened twice"),
            (lambda rows: (rows[1], rows[0], *rows[2:]), "not opened in the order"),
            (lambda rows: (replace(rows[0], path=rows[0].path[:-1]), *rows[1:]), "has 6 steps, 7 are expected"),
            (lambda rows: (replace(rows[0], path=(*rows[0].path, "ab" * 32)), *rows[1:]), "has 8 steps"),
            (lambda rows: (replace(rows[0], path=("ab", *rows[0].path[1:])), *rows[1:]), "64 hexadecimal digits"),
            (lambda rows: (replace(rows[0], path=("ab" * 32, *rows[0].path[1:])), *rows[1:]), "another root"),
            (lambda rows: (replace(rows[0], row=rows[1].row), *rows[1:]), "two of the opened rows are equal"),
            (lambda rows: (replace(rows[0], row=rows[0].row[:-4]), *rows[1:]), "bytes, 256 are expected"),
            (lambda rows: (replace(rows[0], row="§"), *rows[1:]), "is not base64"),
        ],
    )
    def test_each_fails_with_its_sentence(self, node, challenger, change, words):
        node.through()
        verdict = node.verdict(change)
        assert verdict.verdict == "failed"
        assert words in verdict.reason
        assert verdict.challenges_passed == 0
        entry = challenger.only()
        assert (entry.outcome, entry.reason, entry.rate) == (Outcome.FAILED, verdict.reason, None)


class TestForgeries:
    def test_work_done_before_the_clock_is_for_the_wrong_nonce(self, node, made):
        node.greeted()
        early = ReferenceProver(made.SPEC, node.key.public, node.devices)
        early.prepare(bytes.fromhex(node.greeting.nonce1))
        root = early.prove(bytes(32))  # any second nonce but the one to come
        node.started(early)
        draw = node.committed(root)
        verdict = node.verdict(openings=early.open(draw.rows))
        assert verdict.verdict == "failed"
        assert "is not what the chain gives" in verdict.reason

    def test_another_nodes_result_is_not_ones_own(self, node, made):
        """The same nonces, worked by a machine that thinks it works for somebody else."""
        node.greeted()
        node.started(ReferenceProver(made.SPEC, made.key_of(2).public, node.devices))
        node.committed()
        assert "is not what the chain gives" in node.verdict().reason

    def test_a_transcript_of_an_earlier_challenge_does_not_count_again(self, node):
        node.through()
        old, drawn = node.prover, node.draw.rows
        assert node.verdict().verdict == "passed"
        node.nonce = "ee" * 32
        node.greeted()
        node.started()
        node.committed(bytes.fromhex(node.root))
        assert node.draw.rows == drawn
        verdict = node.verdict(openings=old.open(drawn))
        assert verdict.verdict == "failed"
        assert "is not what the chain gives" in verdict.reason

    def test_rows_that_are_computed_after_the_draw_are_not_in_the_tree(self, node):
        node.greeted()
        node.started()
        node.prover.prove(bytes.fromhex(node.start.nonce2))
        node.committed(bytes(32))
        assert "its path leads to another root" in node.verdict().reason

    def test_one_device_that_answers_for_two_is_stated_and_not_caught(self, made, challenger):
        """Only the total is bounded: one machine did both shares, and nothing here can tell."""
        node = made.Contestant(challenger, devices=("gpu:0", "gpu:1"))
        node.through()
        assert node.verdict().verdict == "passed"
        text = (made.ROOT / "assets/proof-of-capacity.md").read_text()
        assert "one device for several" in text
