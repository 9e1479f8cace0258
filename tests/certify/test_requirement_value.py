"""Required values: what people write comes out exactly, and what is shown can be written again."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netmind_tui.certify.requirement_value import (
    EXAMPLES,
    UNITS,
    apart,
    read_quantity,
    read_version,
    shown,
    version_key,
)

UNIT = st.sampled_from(sorted(UNITS))
SPELLED = UNIT.flatmap(lambda unit: st.tuples(st.just(unit), st.sampled_from(sorted(UNITS[unit]))))
WHOLE = {"lanes", "ports", "devices", "kernels", "findings", "generation"}


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("24 GiB", "bytes", 24 * 2**30),
        ("24GB", "bytes", 24e9),
        ("80 TFLOP/s", "FLOP/s", 80e12),
        ("1.3 POP/s", "OP/s", 1.3e15),
        ("500 Mbit/s", "bit/s", 5e8),
        ("1 Gbps", "bit/s", 1e9),
        ("85 °C", "°C", 85),
        ("90 %", "%", 0.9),
        ("99.9%", "%", 0.999),
        ("3 d", "s", 259200),
        ("20 µs", "s", 20e-6),
        ("16 lanes", "lanes", 16),
        ("8 GPUs", "devices", 8),
        ("8", "devices", 8),
        (8, "devices", 8),
        (4, "generation", 4),
    ],
)
def test_a_value_is_read_in_its_base_unit(text, unit, value):
    assert read_quantity(text, unit) == value


@given(SPELLED, st.integers(0, 10**9), st.integers(0, 10**6))
def test_a_number_of_any_unit_is_exact(spelled, whole, millionths):
    unit, word = spelled
    digits = str(whole) if unit in WHOLE else f"{whole}.{millionths:06}"
    exact = Fraction(digits) * UNITS[unit][word]
    assert read_quantity(f"{digits} {word}", unit) == float(exact)


@given(st.integers(1, 10**6))
def test_units_of_one_kind_mean_the_same_amount(count):
    assert read_quantity(f"{count} GiB", "bytes") == read_quantity(f"{1024 * count} MiB", "bytes")
    assert read_quantity(f"{count} GB/s", "bytes/s") == read_quantity(f"{1000 * count} MB/s", "bytes/s")
    assert read_quantity(f"{count} h", "s") == read_quantity(f"{60 * count} min", "s")


@pytest.mark.parametrize("unit", UNITS)
def test_every_unit_has_an_example_that_can_be_read(unit):
    for example in EXAMPLES[unit].split(" or "):
        assert read_quantity(example.strip('"'), unit) >= 0


@pytest.mark.parametrize(
    ("text", "unit", "words"),
    [
        ("24", "bytes", "without a unit"),
        (24, "bytes", "24 without a unit"),
        (24.5, "bytes", "24.5 without a unit"),
        ("24 GHz", "bytes", "'GHz' is no unit of it; "),
        ("24 Gib", "bytes", "did you mean GiB"),
        ("300 W", "bytes", "W is a unit of another kind"),
        ("2.5 GPUs", "devices", "a whole number is meant"),
        ("-1 GiB", "bytes", 'expected "24 GiB" or the like'),
        ("1e9 B", "bytes", "'e9 B' is no unit"),
        ("nan GiB", "bytes", "expected"),
        ("inf %", "%", "expected"),
        ("9" * 40 + " GiB", "bytes", "expected"),
        ("", "bytes", "expected"),
        (True, "devices", "true or false"),
        (-1, "devices", "found -1"),
        (["1 GiB"], "bytes", "a list"),
    ],
)
def test_what_is_no_value_is_refused_with_what_was_expected(text, unit, words):
    with pytest.raises(ValueError, match="expected") as refusal:
        read_quantity(text, unit)
    assert words in str(refusal.value)


@given(UNIT, st.floats(1e-9, 1e18))
def test_what_is_shown_can_be_written_again(unit, value):
    value = float(round(value)) if unit in WHOLE else value
    if unit == "generation" or value == 0:
        return
    text = shown(value, unit, 6)
    if value >= 1e15 or (unit != "s" and value < 1e-3):
        return
    assert read_quantity(text, unit) == pytest.approx(value, rel=1e-3, abs=0.6 if unit == "bytes" else 0)


@given(st.floats(1, 1e15), st.floats(1e-9, 1e-2))
def test_a_figure_just_beside_the_limit_does_not_look_like_it(limit, share):
    for actual in (limit * (1 + share), limit * (1 - share)):
        assert apart(actual, limit, "bytes/s") != shown(limit, "bytes/s")


@pytest.mark.parametrize(
    ("less", "more"), [("9.9", "10"), ("580", "580.0.1"), ("12.4", "12.10"), ("580.65.06", "580.126")]
)
def test_versions_are_ordered_number_by_number(less, more):
    assert version_key(less) < version_key(more)


def test_zeros_at_the_end_of_a_version_say_nothing():
    assert version_key("12") == version_key("12.0.0")


@pytest.mark.parametrize("text", ["", "new", "12.", ".4", "12,4", "v12", 12.4, 12, True, "1" * 20])
def test_what_is_no_version_is_refused(text):
    with pytest.raises(ValueError, match="a version in quotes"):
        read_version(text)
