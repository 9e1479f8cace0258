"""A week of an agent, as ``scripts/agent_week.py`` simulates and prints it."""


def test_a_week_goes_as_expected_and_the_lost_cards_hook_runs_once(script, tmp_path):
    week = script("agent_week")
    timeline, hooks = week.week(tmp_path)
    assert timeline == week.EXPECTED.read_text()
    assert hooks == 1
