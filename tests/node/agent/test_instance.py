import pytest

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem
from netmind_tui.node.agent.instance import only_one


def test_a_second_agent_is_told_who_has_the_folder(tmp_path):
    folder = tmp_path / "agent"
    first = only_one(folder, since="2026-11-23T12:00:00Z")
    words = r"another agent keeps .*: pid \d+ .* since 2026-11-23T12:00:00Z"
    with first, pytest.raises(Problem, match=words) as refused, only_one(folder, since="later"):
        pass
    assert refused.value.code is ExitCode.UNMEASURED
    with only_one(folder, since="afterwards"):
        assert folder.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_others_could_enter_is_closed(tmp_path):
    folder = tmp_path / "agent"
    folder.mkdir(mode=0o755)
    with only_one(folder, since="now"):
        assert folder.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_cannot_be_is_a_usage_error(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(Problem, match="cannot make the agent's folder") as refused,
        only_one(tmp_path / "file/agent", since=""),
    ):
        pass
    assert refused.value.code is ExitCode.USAGE
