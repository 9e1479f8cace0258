from netmind_tui.config.action_id import ACTION_IDS
from netmind_tui.tui.action import ACTIONS


def test_the_configuration_knows_the_actions_of_the_interface():
    there, known = {action.id for action in ACTIONS}, set(ACTION_IDS)
    assert there - known == set(), "put them into netmind_tui/config/action_id.py"
    assert known - there == set(), "take them out of netmind_tui/config/action_id.py"
    assert list(ACTION_IDS) == sorted(known)
