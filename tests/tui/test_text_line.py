import pytest
from hypothesis import given
from hypothesis import strategies as st

from netmind_tui.tui.modal.text_line import TextLine
from netmind_tui.tui.picture import plain, width

KEYS = ("left", "right", "home", "end", "ctrl+left", "ctrl+right", "backspace", "delete", "ctrl+w", "ctrl+u", "ctrl+k")


def after(line, *keys):
    for key in keys:
        line = line.after(key, key if len(key) == 1 else None)
    return line


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (("left", "left", "x"), "one txwo"),
        (("home", "x"), "xone two"),
        (("home", "delete"), "ne two"),
        (("backspace",), "one tw"),
        (("ctrl+w",), "one "),
        (("ctrl+left", "ctrl+k"), "one "),
        (("ctrl+left", "ctrl+u"), "two"),
        (("home", "ctrl+right", "x"), "onex two"),
        (("home", "backspace", "left"), "one two"),
        (("end", "delete", "right"), "one two"),
    ],
)
def test_keys_do_what_they_do_in_a_shell(keys, text):
    assert after(TextLine.of("one two"), *keys).text == text


def test_a_key_that_means_nothing_to_a_line_is_told_apart():
    assert TextLine.of("one").after("f5", None) is None


def test_what_cannot_be_seen_is_not_typed_and_nothing_grows_for_ever():
    assert TextLine().typed("a\x1b[31m\tb\x00").text == "a[31mb"
    assert len(TextLine().typed("x" * 10_000).text) == 400


@given(st.text(max_size=30), st.lists(st.sampled_from([*KEYS, "a", " ", "字"]), max_size=30), st.integers(3, 40))
def test_it_is_as_wide_as_it_is_asked_to_be_and_its_cursor_is_always_seen(text, keys, cells):
    line = after(TextLine().typed(text), *keys)
    assert 0 <= line.at <= len(line.text)
    drawn = line.drawn(cells)
    assert width(drawn) == cells
    (cursor,) = [span for span in drawn if span.role == "cursor"]
    assert cursor.text == (line.text[line.at : line.at + 1] or " ")


def test_a_hint_stands_where_nothing_was_typed():
    assert plain(TextLine().drawn(12, hint="a key")) == "a key       "
