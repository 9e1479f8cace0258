import pytest
from hypothesis import given
from hypothesis import strategies as st

from netmind_tui.cli.figure_table import Column, figure_table
from netmind_tui.cli.page import Page, printed


def lines(columns, width):
    return printed([figure_table(columns, width)], Page(width, is_terminal=False, encoding="utf-8")).splitlines()


COLUMNS = [
    Column("name", (["first", "second"],)),
    Column("rate", (["1234", "9"],), right=True),
    Column("way", (["by hand", "by machine"], ["h", "m"]), 5),
    Column("note", (["a long word", "another"],), 9),
]


def test_what_has_room_is_shown():
    assert lines(COLUMNS, 80)[0].split() == ["name", "rate", "way", "note"]


def test_the_least_important_gives_way_first():
    assert lines(COLUMNS, 30)[0].split() == ["name", "rate", "way"]


def test_a_column_takes_its_shorter_form_before_it_goes():
    assert lines(COLUMNS, 18)[1].split() == ["first", "1234", "h"]
    assert lines(COLUMNS, 12)[1].split() == ["first", "1234"]


def test_gaps_shrink_where_that_keeps_a_column():
    assert lines(COLUMNS[:2], 11)[1] == "first  1234"
    assert "".join(lines(COLUMNS[:3], 23)[1].split()) == "first1234byhand"


@given(st.integers(40, 120), st.lists(st.text("abc µ×", min_size=0, max_size=20), min_size=1, max_size=5))
def test_no_line_is_wider_than_the_page(width, names):
    columns = [
        Column("a", (["x"] * len(names),)),
        Column("names", (names, ["s"] * len(names)), 3),
        Column("more", (names,), 5),
    ]
    assert all(len(line) <= width for line in lines(columns, width))


@pytest.mark.parametrize("width", range(1, 12))
def test_what_never_gives_way_stays(width):
    assert "name" in figure_table(COLUMNS, width).columns[0].header
