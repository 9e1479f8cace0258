"""What a challenger keeps in mind, for how long, and what stands in its record whatever became of the node."""

import pytest

from netmind_tui.certify.challenge.declined import Why
from netmind_tui.certify.challenge.limit import Limits
from netmind_tui.certify.challenge.message import Asked, Committed
from netmind_tui.certify.challenge.verdict import read_verdict
from netmind_tui.certify.refused import Refused
from netmind_tui.model.challenge import Outcome


def refused(action, *arguments):
    with pytest.raises(Refused) as caught:
        action(*arguments)
    return caught.value


class TestANodeThatIsTooLate:
    @pytest.mark.parametrize(
        ("step", "words"),
        [
            (lambda node: node.started(), "the node was not ready in time"),
            (lambda node: node.committed(seconds=0), "the node did not commit to anything in time"),
            (lambda node: node.verdict(), "the node did not open the rows in time"),
        ],
        ids=["ready", "committed", "opened"],
    )
    def test_every_step_has_its_time(self, node, challenger, step, words):
        steps = [node.greeted, node.started, node.committed]
        count = ["not ready", "commit", "open"].index(next(w for w in ("not ready", "commit", "open") if w in words))
        for each in steps[: count + 1]:
            each()
        challenger.clock.go(10_000)
        assert words in str(refused(lambda: step(node)).sentence)
        entry = challenger.only()
        assert (entry.outcome, entry.reason) == (Outcome.EXPIRED, words)

    def test_one_that_vanishes_is_recorded_with_its_started_clock(self, node, challenger, made):
        node.greeted()
        node.started()
        challenger.clock.go(10_000)
        challenger.desk.sweep()
        entry = challenger.only()
        assert entry.started_at is not None
        assert entry.outcome is Outcome.EXPIRED
        assert challenger.desk.count == 0
        later = made.Contestant(challenger, seed=1)
        later.nonce = "ee" * 32
        later.through()
        verdict = later.verdict()
        assert (verdict.challenges_started, verdict.challenges_passed) == (2, 1)

    def test_one_that_begins_again_ends_what_it_began(self, node, challenger):
        node.greeted()
        node.started()
        first = node.greeting.session
        node.nonce = "ee" * 32
        node.greeted()
        ended = {entry.session: entry for entry in challenger.store.entries()}[first]
        assert (ended.outcome, ended.reason) == (Outcome.ABANDONED, "the node began another one")
        committed = Committed(session=first, nonce2=node.start.nonce2, root="cd" * 32)
        found = refused(node.desk.committed, committed, node.key.public, challenger.clock.elapsed())
        assert "this session is over: the node began another one" in found.sentence


class TestHowMuchItTakesOn:
    def test_only_so_many_are_under_way_at_once(self, made, tmp_path):
        challenger = made.Challenger(tmp_path / "a.sqlite3", limits=Limits(sessions=3))
        for seed in (1, 2, 3):
            made.Contestant(challenger, seed=seed).greeted()
        found = refused(made.Contestant(challenger, seed=4).greeted)
        assert (found.why, "3 challenges are under way here" in found.sentence) == (Why.BUSY, True)
        assert len(challenger.store.entries()) == 3
        challenger.clock.go(10_000)
        made.Contestant(challenger, seed=5).greeted()

    def test_what_has_ended_is_forgotten_in_memory_and_kept_on_disk(self, made, tmp_path):
        challenger = made.Challenger(tmp_path / "a.sqlite3")
        for seed in range(1, 6):
            node = made.Contestant(challenger, seed=seed)
            node.through()
            node.verdict()
        assert challenger.desk.count == 5
        challenger.clock.go(10_000)
        challenger.desk.sweep()
        assert challenger.desk.count == 0
        assert [entry.outcome for entry in challenger.store.entries()] == [Outcome.PASSED] * 5

    def test_only_so_many_verdicts_are_kept_in_memory(self, made, tmp_path):
        challenger = made.Challenger(tmp_path / "a.sqlite3", limits=Limits(kept=3))
        nodes = [made.Contestant(challenger, seed=seed) for seed in range(1, 6)]
        for node in nodes:
            node.through()
            node.verdict(lambda _rows: ())
        assert challenger.desk.count == 3
        ask = [Asked(session=node.greeting.session, root=node.root) for node in nodes]
        assert read_verdict(challenger.desk.asked(ask[-1], nodes[-1].key.public)).verdict.verdict == "failed"
        assert refused(challenger.desk.asked, ask[0], nodes[0].key.public).why is Why.UNKNOWN

    def test_only_so_many_endings_are_told_of(self, made, challenger, monkeypatch):
        monkeypatch.setattr("netmind_tui.certify.challenge.book._REMEMBERED", 2)
        nodes = [made.Contestant(challenger, seed=seed) for seed in (1, 2, 3)]
        for node in nodes:
            node.greeted()
        challenger.clock.go(10_000)
        challenger.desk.sweep()
        whys = [refused(node.started).why for node in nodes]
        assert whys == [Why.UNKNOWN, Why.EXPIRED, Why.EXPIRED]


class TestARestart:
    def test_a_hello_counts_once_after_a_restart_too(self, node, made, tmp_path):
        node.greeted()
        node.challenger.store.close()
        again = made.Contestant(made.Challenger(tmp_path / "challenges.sqlite3"))
        assert "this nonce was used before" in refused(again.greeted).sentence

    def test_a_restart_ends_what_was_under_way(self, node, challenger, made, tmp_path):
        node.greeted()
        node.started()
        challenger.store.close()
        again = made.Challenger(tmp_path / "challenges.sqlite3")
        assert again.store.abandon(again.clock.now()) == 1
        entry = again.only()
        assert (entry.outcome, entry.reason) == (Outcome.ABANDONED, "the challenger was restarted meanwhile")
        committed = Committed(session=node.greeting.session, nonce2=node.start.nonce2, root="cd" * 32)
        found = refused(again.desk.committed, committed, node.key.public, again.clock.elapsed())
        assert "before a restart of the challenger" in found.sentence
