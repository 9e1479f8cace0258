import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netmind_tui.bench.statistics import (
    is_level,
    median_interval,
    quantile,
    relative_deviation,
    relative_slope,
    summarise,
)

positive = st.lists(st.floats(1e-6, 1e6), min_size=3, max_size=60)


def test_a_summary_gives_the_textbook_figures():
    summary = summarise([2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0])
    assert summary.median == 4.5
    assert summary.mad == 0.5
    assert summary.cv == pytest.approx(2.13809 / 5, rel=1e-5)
    assert summary.n == 8


def test_an_outlier_is_counted_and_kept():
    samples = [10.0, 10.1, 9.9, 10.05, 9.95, 10.0, 10.1, 9.9, 10.0, 100.0]
    summary = summarise(samples)
    assert summary.outliers == 1
    assert summary.p95 > 50
    assert summary.n == 10


def test_equal_samples_have_no_spread_and_no_outliers():
    summary = summarise([3.0] * 12)
    assert (summary.cv, summary.mad, summary.outliers, summary.ci95) == (0.0, 0.0, 0, (3.0, 3.0))


def test_one_sample_has_neither_spread_nor_interval():
    summary = summarise([3.0])
    assert (summary.cv, summary.ci95) == (None, None)


def test_no_samples_are_refused():
    with pytest.raises(ValueError, match="no samples"):
        summarise([])


@given(positive)
def test_the_interval_lies_within_the_samples_and_has_an_order(samples):
    low, high = median_interval(samples)
    assert min(samples) <= low <= high <= max(samples)


@given(positive)
def test_the_same_samples_give_the_same_interval(samples):
    assert median_interval(samples) == median_interval(samples)


@given(positive, st.floats(0, 1))
def test_a_quantile_lies_between_the_extremes(samples, fraction):
    ordered = sorted(samples)
    assert ordered[0] <= quantile(ordered, fraction) <= ordered[-1]


def test_quantiles_interpolate_between_neighbours():
    assert quantile([0.0, 10.0], 0.25) == 2.5
    assert quantile([1.0, 2.0, 3.0], 1.0) == 3.0


def test_the_interval_covers_the_true_median_about_as_often_as_it_says():
    generator = random.Random(1)
    covered = 0
    for _ in range(200):
        low, high = median_interval([generator.gauss(100, 5) for _ in range(30)])
        covered += low <= 100 <= high
    assert 175 <= covered <= 200


def test_drifting_neighbours_widen_the_interval():
    generator = random.Random(2)
    independent = [generator.gauss(100, 1) for _ in range(120)]
    drifting = sorted(independent[:60]) + sorted(independent[60:], reverse=True)
    narrow, wide = median_interval(independent), median_interval(drifting)
    assert wide[1] - wide[0] > 1.5 * (narrow[1] - narrow[0])


def test_spread_needs_two_samples_and_a_mean():
    assert relative_deviation([1.0]) is None
    assert relative_deviation([-1.0, 1.0]) is None


def test_the_slope_is_relative_to_the_mean():
    assert relative_slope([90.0, 100.0, 110.0]) == pytest.approx(0.2)


def test_a_falling_series_is_not_level_and_a_noisy_one_is():
    assert not is_level([2.0, 1.6, 1.4, 1.3, 1.2, 1.15], limit=0.03)
    assert is_level([1.0, 1.1, 0.9, 1.05, 0.95, 1.0], limit=0.03)
