"""Whatever stands in a label or a value, Prometheus' own parser reads it back."""

import math
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from netmind_tui.model.exposition import Families, Family, exposition, timestamp
from netmind_tui.model.finding import Status


def read(text):
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


# The parser is line-based and takes blanks off; a line feed is the only end of a line in the format.
words = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)


@given(value=st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53), label=words, other=words)
def test_every_label_and_value_reads_back(value, label, other):
    family = Family("netmind_x", "Help.")
    family.add(value, one=label, two=other)
    assert read(exposition([family])) == {("netmind_x", ("one", label), ("two", other)): value}


@pytest.mark.parametrize("name", ['a "b"', "back\\slash", "two\nlines", "\\n", '\\"', "{}, =#", "é 😀", "\r\n", "}"])
def test_names_with_every_delimiter_survive(name):
    family = Family("netmind_x", "Help.")
    family.add(1, name=name)
    assert read(exposition([family])) == {("netmind_x", ("name", name)): 1}


@pytest.mark.parametrize("missing", [None, math.nan, math.inf, -math.inf])
def test_what_is_missing_is_left_out_with_its_header(missing):
    family = Family("netmind_x", "Help.")
    family.add(missing, device="cpu")
    assert exposition([family]) == ""


def test_zero_and_false_are_values():
    family = Family("netmind_x", "Help.")
    family.add(0, device="a")
    family.add(value=False, device="b")
    family.add(value=True, device="c")
    assert [line.rsplit(" ", 1)[1] for line in exposition([family]).splitlines()[2:]] == ["0", "0", "1"]


def test_a_name_that_is_no_unicode_can_still_be_written():
    family = Family("netmind_x", "Help.")
    family.add(1, mount_point="/mnt/\udce9")
    assert exposition([family]).encode()


def test_the_same_series_is_written_once():
    family = Family("netmind_x", "Help.")
    family.add(1, device="cpu")
    family.add(2, device="cpu")
    assert read(exposition([family])) == {("netmind_x", ("device", "cpu")): 2}


def test_the_header_comes_once_before_all_samples_of_its_family():
    families = Families("netmind")
    families.gauge("a", "First.\nSecond \\.").add(1, device="x")
    families.counter("b_total", "Other.").add(1)
    families.gauge("a", "First.").add(2, device="y")
    assert exposition(families).splitlines() == [
        "# HELP netmind_a First.\\nSecond \\\\.",
        "# TYPE netmind_a gauge",
        'netmind_a{device="x"} 1',
        'netmind_a{device="y"} 2',
        "# HELP netmind_b_total Other.",
        "# TYPE netmind_b_total counter",
        "netmind_b_total 1",
    ]


def test_a_state_is_one_of_all_that_there_are():
    family = Family("netmind_status", "Help.")
    family.add_states(Status.WARN, device="cpu")
    states = {dict(labels)["status"]: value for labels, value in family.samples.items()}
    assert states == {status: status is Status.WARN for status in Status}


@pytest.mark.parametrize(
    ("moment", "seconds"),
    [("1970-01-01T00:00:01.500Z", 1.5), ("1970-01-01T01:00:00+01:00", 0), (None, None), ("", None), ("now", None)],
)
def test_a_moment_is_seconds_since_1970(moment, seconds):
    assert timestamp(moment) == seconds


@given(st.text(string.printable))
def test_an_unreadable_moment_is_no_error(text):
    assert timestamp(text) is None or math.isfinite(timestamp(text))
