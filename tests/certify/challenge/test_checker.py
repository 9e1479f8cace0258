"""Rows that are computed again, and a verdict that is recorded before anybody hears it, however long that takes."""

import asyncio
from dataclasses import replace

import pytest

from netmind_tui.certify.challenge.checker import Checker
from netmind_tui.certify.challenge.message import Asked
from netmind_tui.certify.challenge.told import Trouble
from netmind_tui.certify.challenge.verdict import read_verdict
from netmind_tui.model.challenge import Outcome


class Heard:
    def __init__(self) -> None:
        self.verdicts, self.warnings = [], []

    def verdict(self, envelope):
        self.verdicts.append(read_verdict(envelope).verdict)

    def warn(self, sentence):
        self.warnings.append(sentence)


@pytest.fixture
def heard():
    return Heard()


@pytest.fixture
def check(node, challenger, heard):
    """Check the rows of a node while the record is locked, for so many seconds of the checker's pauses."""

    def check(locked_s, change=lambda rows: rows):
        pauses = []

        async def scenario():
            question = node.desk.opened(node.opened(change), node.key.public)
            lock = challenger.locked()
            lock.__enter__()

            async def pause(seconds):
                pauses.append(seconds)
                if len(pauses) == locked_s:
                    lock.__exit__(None, None, None)

            checker = Checker(challenger.desk, heard, Trouble(heard, challenger.clock), pause=pause)
            await checker.begin(question)
            checker.close()

        asyncio.run(scenario())
        return pauses

    return check


def test_a_verdict_waits_for_the_record_and_is_not_lost(node, challenger, check, heard):
    node.through()
    assert check(3) == [1.0] * 3
    assert [each.verdict for each in heard.verdicts] == ["passed"]
    assert challenger.only().outcome is Outcome.PASSED
    asked = Asked(session=node.greeting.session, root=node.root)
    assert read_verdict(node.desk.asked(asked, node.key.public)).verdict.verdict == "passed"


def test_what_goes_on_being_wrong_is_said_once(node, check, heard):
    node.through()
    check(5)
    (warning,) = heard.warnings
    assert "the record of challenges" in warning
    assert "database is locked" in warning


def test_a_challenge_that_cannot_be_judged_is_given_up_when_the_record_can_be_written(
    node, challenger, check, heard, monkeypatch
):
    def broken(_question):
        raise MemoryError

    monkeypatch.setattr("netmind_tui.certify.challenge.checker.complaint_of", broken)
    node.through()
    check(2)
    assert (challenger.only().outcome, challenger.desk.count, heard.verdicts) == (Outcome.ABANDONED, 0, [])
    node.nonce = "ee" * 32
    node.greeted()


def test_rows_that_are_not_base64_are_judged_recorded_and_told_like_others(node, challenger, check, heard):
    node.through()
    check(1, lambda rows: (replace(rows[0], row="?"), *rows[1:]))
    (verdict,) = heard.verdicts
    assert (verdict.verdict, verdict.reason) == ("failed", "row 0 is not base64")
    assert (challenger.only().outcome, challenger.only().reason) == (Outcome.FAILED, "row 0 is not base64")
