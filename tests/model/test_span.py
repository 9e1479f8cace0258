import pytest

from netmind_tui.model.problem import Problem
from netmind_tui.model.span import read_span


@pytest.mark.parametrize(("text", "seconds"), [("7d", 604_800), ("12h", 43_200), ("0d", 0), ("30d", 2_592_000)])
def test_days_and_hours_are_read(text, seconds):
    assert read_span(text) == seconds


@pytest.mark.parametrize("text", ["", "7", "d", "7 d", "-1d", "1.5d", "31d", "721h", "7D", "7d ", "٧d", "7w"])
def test_anything_else_is_refused(text):
    with pytest.raises(Problem, match="no length of time up to 30 days, such as 7d or 12h"):
        read_span(text)
