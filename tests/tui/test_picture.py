import re
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netmind_tui.model.problem import Problem
from netmind_tui.tui import export
from netmind_tui.tui.action import ACTIONS, BY_ID, applicable, read_keymap
from netmind_tui.tui.ascii import in_ascii
from netmind_tui.tui.chart import chart, points
from netmind_tui.tui.glyph import ASCII, UNICODE, as_ascii, bar
from netmind_tui.tui.picture import (
    Box,
    Span,
    beside,
    column,
    ends,
    fit,
    framed,
    harmless,
    line,
    plain,
    width,
    wrap,
    wrap_parts,
)
from netmind_tui.tui.skin import PALETTES, ROLES, choose_skin
from netmind_tui.tui.state import SCREENS

# Anything that may come from outside: names of programs and devices, in any script. Controls are taken out by probes.
TEXT = st.text(st.characters(blacklist_categories=("Cc", "Cs", "Cn")), max_size=60)
LINES = st.lists(st.builds(Span, TEXT, st.sampled_from(ROLES)), max_size=6).map(tuple)
SIZES = st.integers(0, 130)


@given(LINES, SIZES)
def test_a_line_is_fitted_to_exactly_its_cells(of, cells):
    assert width(fit(of, cells)) == cells


@given(LINES, st.integers(1, 100))
def test_a_line_that_is_cut_says_so(of, cells):
    if width(of) > cells:
        assert "…" in plain(fit(of, cells))


@given(LINES, LINES, SIZES)
def test_two_ends_take_exactly_the_cells_between_them(left, right, cells):
    assert width(ends(left, right, cells)) == cells


@given(TEXT, st.integers(0, 60), st.booleans())
def test_a_column_is_as_wide_as_it_was_asked_for(text, cells, right):
    assert column(text, cells, right=right).width == cells


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=lambda glyphs: glyphs.name)
@given(title=LINES, lines=st.lists(LINES, max_size=5), keys=LINES, cells=st.integers(4, 120), rows=st.integers(2, 12))
def test_a_box_takes_exactly_the_room_it_was_given(glyphs, title, lines, keys, cells, rows):
    drawn = framed(Box("box", title, lines, keys=keys, legend=keys, more=title), cells, rows, glyphs)
    assert len(drawn) == rows
    assert {width(each) for each in drawn} == {cells}


@given(TEXT, st.integers(2, 60))
def test_a_wrapped_sentence_keeps_every_letter_and_no_line_is_too_long(words, cells):
    lines = wrap(words, cells)
    assert all(width(each) <= cells for each in lines)
    assert "".join("".join(plain(each).split()) for each in lines) == harmless("".join(words.split()))


@given(st.lists(st.none() | st.floats(allow_nan=False), max_size=300), st.integers(0, 80), st.integers(0, 9))
def test_a_chart_fills_exactly_its_cells_whatever_the_figures(values, cells, rows):
    for glyphs in (UNICODE, ASCII):
        drawn = chart(values, cells, rows, 100.0, glyphs)
        assert [len(each) for each in drawn] == ([cells] * rows if cells and rows else [])


def test_the_newest_value_stands_at_the_right_and_the_axis_does_not_move():
    assert chart([None, 100.0], 2, 1, 100.0, UNICODE) == ["⠀⢸"]
    assert chart([0.0, 0.1], 1, 1, 100.0, UNICODE) == ["⢀"]
    assert chart([5.0, 500.0], 1, 1, 100.0, UNICODE) == chart([5.0, 100.0], 1, 1, 100.0, UNICODE)
    assert points(10, UNICODE) == 2 * points(10, ASCII)


@given(st.none() | st.floats(allow_nan=False), st.integers(2, 40))
def test_a_bar_is_as_wide_as_it_was_asked_for(share, cells):
    for glyphs in (UNICODE, ASCII):
        assert len(bar(share, cells, glyphs)) == cells


def test_a_bar_that_is_not_known_is_empty_and_a_full_one_is_full():
    full, half, empty = UNICODE.bar
    assert bar(None, 6, UNICODE) == 6 * UNICODE.unknown
    assert bar(1.0, 6, UNICODE) == 6 * full
    assert bar(0.25, 6, UNICODE) == full + half + 4 * empty
    assert bar(0.001, 6, UNICODE) == half + 5 * empty
    assert bar(0.0, 6, UNICODE) == 6 * empty
    assert bar(0.5, 6, ASCII) == "[==  ]"


@given(TEXT)
def test_plain_signs_are_ascii_whatever_they_stood_for(text):
    assert as_ascii(text).isascii()


@given(LINES)
def test_a_line_in_ascii_is_as_wide_as_it_was(of):
    drawn = in_ascii(of)
    assert plain(drawn).isascii()
    assert width(drawn) == width(of)


def test_a_sign_of_another_width_moves_nothing_behind_it():
    of = line(Span("  54 °C"), "  ≤ 90 °C  now", "  │")
    assert plain(in_ascii(of)) == "   54 C  <= 90 C  now  ?"
    assert plain(in_ascii(line(column("→ 18:00", 9), "util"))) == "-> 18:00 util"
    assert plain(in_ascii(line("±3", Span("-" * 4), "end"))) == "+-3---end"


@given(st.lists(st.from_regex(r"[abc]{1,6}( [abc]{1,5})?", fullmatch=True), min_size=1, max_size=6))
def test_a_list_is_broken_between_its_parts(parts):
    lines = [plain(each) for each in wrap_parts(" · ".join(parts), 14)]
    assert all(len(each) <= 14 for each in lines)
    assert [part for each in lines for part in each.split(" · ")] == [" ".join(part.split()) for part in parts]


def test_a_figure_is_not_parted_from_its_unit():
    assert [plain(each) for each in wrap("last 66 °C, 171 W", 8)] == ["last", "66 °C,", "171 W"]
    assert [plain(each) for each in wrap("8 lanes of 16", 7)] == ["8 lanes", "of 16"]


def test_a_border_without_words_has_no_gap():
    drawn = framed(Box("b", line("t"), [], legend=line(Span("")), more=line(Span(""))), 8, 3, UNICODE)
    assert plain(drawn[-1]) == "╰──────╯"


def test_a_long_name_is_broken_after_a_hyphen():
    assert [plain(each) for each in wrap("GPU-5eed0000-0000-4000", 15)] == ["GPU-5eed0000-", "0000-4000"]


def test_blocks_stand_beside_each_other_in_straight_columns():
    left, right = [line("ab"), line("cd")], [line("x")]
    assert [plain(each) for each in beside(left, right)] == ["abx", "cd "]


@pytest.mark.parametrize("theme", PALETTES)
def test_every_role_has_a_style_and_can_be_read_on_the_ground(theme):
    skin = choose_skin(theme, ascii_only=False, has_colours=True)
    ground = skin.ground.bgcolor.get_truecolor()
    for role in ROLES:
        style = skin.style(role)
        if role in ("border", "tab-here"):
            continue
        behind = style.bgcolor.get_truecolor() if style.bgcolor else ground
        assert _contrast(style.color.get_truecolor(), behind) >= 3, role


def _contrast(one, other):
    """After WCAG 2.1, 1.4.3."""
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(colour):
    parts = [part / 255 for part in colour]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", PALETTES)
def test_what_is_no_state_has_no_colour_of_one(theme):
    skin = choose_skin(theme, ascii_only=False, has_colours=True)
    states = {skin.style(role).color for role in ("contributing", "gave-way", "yours", "lost", "measuring")}
    for role in ("key", "title", "border", "border-focus", "chosen", "bar", "chart", "figure", "strong", "tab"):
        assert skin.style(role).color not in states, role


def test_without_colours_no_role_has_one_and_states_differ_by_weight():
    skin = choose_skin("dark", ascii_only=False, has_colours=False)
    for role in ROLES:
        style = skin.style(role)
        assert style.color is None
        assert style.bgcolor is None
    assert skin.style("chosen").reverse
    assert skin.style("bad").bold


def test_an_unknown_theme_offers_the_nearest():
    with pytest.raises(Problem, match=r"no such theme; .*colour-blind"):
        choose_skin("color-blind", ascii_only=False, has_colours=True)


def test_an_unknown_role_is_a_mistake_of_the_screen():
    with pytest.raises(KeyError):
        choose_skin("dark", ascii_only=False, has_colours=True).style("purple")


def test_no_key_means_two_things_on_one_screen():
    keymap = read_keymap({})
    for screen in SCREENS:
        local, everywhere = {}, {}
        for action in applicable(screen, read_only=False):
            for key in keymap.keys[action.id]:
                known = local if action.screens else everywhere
                assert key not in known, f"{key} is both {known[key]} and {action.id} on {screen}"
                known[key] = action.id


def test_an_own_key_takes_the_place_of_the_given_one():
    keymap = read_keymap({"share": "w"})
    assert keymap.action("w", "overview", read_only=False) is BY_ID["share"]
    assert keymap.action("S", "overview", read_only=False) is None
    assert keymap.shown(BY_ID["share"]) == "w"


def test_read_only_no_key_changes_anything():
    keymap = read_keymap({})
    for action in ACTIONS:
        for screen in SCREENS:
            for key in keymap.keys[action.id]:
                found = keymap.action(key, screen, read_only=True)
                assert found is None or not found.changes


def test_the_text_has_no_blanks_at_its_ends():
    assert export.text([fit(line("a"), 9), fit((), 9)]) == "a\n\n"


@given(st.lists(LINES, max_size=6), st.text(max_size=20), st.sampled_from(list(PALETTES)), st.booleans())
def test_a_picture_is_valid_whatever_is_in_it_and_needs_nothing_from_elsewhere(lines, title, theme, has_colours):
    drawn = export.svg(lines, choose_skin(theme, ascii_only=False, has_colours=has_colours), title)
    ET.fromstring(drawn)  # noqa: S314 - our own text
    assert not re.search(r"url\(|href|@import|<style|<script", drawn.replace("&lt;", ""))


def test_a_picture_shows_words_as_words_and_frames_as_shapes():
    skin = choose_skin("dark", ascii_only=False, has_colours=True)
    drawn = export.svg(framed(Box("b", line("title"), [line("a < b")]), 20, 3, UNICODE), skin, "t")
    texts = [each.text for each in ET.fromstring(drawn).iter("{http://www.w3.org/2000/svg}text")]  # noqa: S314
    assert texts == ["t", "title", "a", "<", "b"]
    assert "╭" not in drawn


def test_nothing_is_overwritten_when_saved_twice_in_a_second(tmp_path):
    skin = choose_skin("dark", ascii_only=False, has_colours=True)
    now = datetime(2026, 11, 22, 14, 32, 5, tzinfo=UTC)
    names = [path.name for _ in range(2) for path in export.save([line("x")], skin, "overview", tmp_path, now)]
    first = "netmind-overview-20261122-143205"
    assert names == [f"{first}.txt", f"{first}.svg", f"{first}-2.txt", f"{first}-2.svg"]


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path):
    skin = choose_skin("dark", ascii_only=False, has_colours=True)
    with pytest.raises(Problem, match="cannot be written: No such file or directory; start netmind-tui in another"):
        export.save([line("x")], skin, "overview", tmp_path / "gone", datetime.now(UTC))


@pytest.mark.parametrize("sign", ["\x1b", "\x07", "\x00", "\x9b", "\n", "\u202e", "\u2066", "\u200b", "\ufeff"])
def test_nothing_that_a_terminal_obeys_or_nobody_sees_gets_into_a_picture(sign):
    name = f"H100{sign}[2J"
    assert Span(name).text == "H100?[2J"
    assert column(name, 10).text == "H100?[2J  "
    assert [plain(each) for each in wrap(f"card {name}", 20)] in (["card H100?[2J"], ["card H100 [2J"])
