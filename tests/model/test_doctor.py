import pytest

from netmind_tui.model.doctor import exit_code, first_action, ranked, verdict
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.finding import Action, Finding, Status


def finding(id_, status, action=Action.NONE):
    return Finding(id=id_, title=id_, status=status, action=action)


WELL = finding("well", Status.PASS)
UNSEEN = finding("unseen", Status.SKIP)
DOUBT = finding("doubt", Status.WARN)
HOT = finding("hot", Status.WARN, Action.WAIT)
BLIND = finding("blind", Status.ERROR, Action.ASK_OWNER)
BROKEN = finding("broken", Status.FAIL, Action.REBOOT)
SLOW = finding("slow", Status.FAIL, Action.WAIT)


def test_the_worst_comes_first_and_among_equals_what_can_be_done():
    given = [UNSEEN, WELL, DOUBT, SLOW, HOT, BLIND, BROKEN]
    assert ranked(given) == (BROKEN, SLOW, BLIND, HOT, DOUBT, WELL, UNSEEN)


def test_a_cause_stays_before_its_effect():
    first, second = finding("first", Status.ERROR), finding("second", Status.ERROR)
    assert ranked([first, second]) == (first, second)
    assert ranked([second, first]) == (second, first)


def test_a_scheduler_does_what_the_first_finding_that_asks_for_anything_asks_for():
    assert first_action([HOT, WELL, BROKEN]) is Action.REBOOT
    assert first_action([DOUBT, HOT]) is Action.WAIT
    assert first_action([WELL]) is Action.NONE


@pytest.mark.parametrize(
    ("findings", "code", "strict"),
    [
        ([], ExitCode.OK, ExitCode.OK),
        ([WELL, UNSEEN], ExitCode.OK, ExitCode.OK),
        ([WELL, DOUBT], ExitCode.OK, ExitCode.FAILED),
        ([DOUBT, BLIND], ExitCode.UNMEASURED, ExitCode.FAILED),
        ([BLIND], ExitCode.UNMEASURED, ExitCode.UNMEASURED),
        ([BLIND, BROKEN], ExitCode.FAILED, ExitCode.FAILED),
    ],
)
def test_a_failure_beats_what_could_not_be_looked_at(findings, code, strict):
    assert exit_code(findings) is code
    assert exit_code(findings, strict=True) is strict


def test_what_could_not_be_seen_does_not_count_toward_the_verdict():
    assert verdict([UNSEEN, WELL]) is Status.PASS
    assert verdict([UNSEEN, BLIND, BROKEN]) is Status.FAIL
