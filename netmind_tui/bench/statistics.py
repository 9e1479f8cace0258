"""What a handful of samples says, and how sure that is. Standard library only.

Outliers are counted and never dropped: on somebody's machine they are part of the truth.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median

OUTLIER_SCORE = 14.826
"""Distance from the median in units of the MAD from which a sample counts as an outlier: 10 standard deviations of
normal data, the threshold that hyperfine uses."""

_RESAMPLES = 1000
_RESAMPLED_VALUES_CAP = 400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Samples in short, all in the samples' unit, but ``cv`` (standard deviation ÷ mean) and the counts.

    ``ci95`` is the bootstrap 95 % interval of the median; ``None`` below three samples.
    """

    n: int
    median: float
    mad: float
    cv: float | None
    p5: float
    p95: float
    ci95: tuple[float, float] | None
    outliers: int


def summarise(samples: Sequence[float], seed: int = 0) -> Summary:
    """Describe at least one sample.

    Raises:
        ValueError: there are no samples.
    """
    if not samples:
        raise ValueError("no samples to summarise")
    middle = median(samples)
    mad = median(abs(value - middle) for value in samples)
    far = [value for value in samples if mad > 0 and abs(value - middle) > OUTLIER_SCORE * mad]
    ordered = sorted(samples)
    return Summary(
        n=len(samples),
        median=middle,
        mad=mad,
        cv=relative_deviation(samples),
        p5=quantile(ordered, 0.05),
        p95=quantile(ordered, 0.95),
        ci95=median_interval(samples, seed),
        outliers=len(far),
    )


def relative_deviation(samples: Sequence[float]) -> float | None:
    """Sample standard deviation ÷ mean; ``None`` below two samples or at mean 0."""
    if len(samples) < 2:  # noqa: PLR2004 - one sample has no spread
        return None
    mean = fmean(samples)
    return _deviation(samples, mean) / abs(mean) if mean else None


def _deviation(samples: Sequence[float], mean: float) -> float:
    return math.sqrt(math.fsum((value - mean) ** 2 for value in samples) / (len(samples) - 1))


def quantile(ordered: Sequence[float], fraction: float) -> float:
    """The quantile of sorted values, linear between neighbours (type 7 of Hyndman and Fan, 1996)."""
    position = fraction * (len(ordered) - 1)
    below = math.floor(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


def median_interval(samples: Sequence[float], seed: int = 0) -> tuple[float, float] | None:
    """The 95 % interval of the median by a moving-block bootstrap (H. Künsch, Annals of Statistics 17, 1989).

    Neighbouring samples resemble each other (clocks and heat drift slowly), so blocks of about the cube root of n
    are drawn instead of single samples; drawing singly would promise too much.
    """
    n = len(samples)
    if n < 3:  # noqa: PLR2004 - below three nothing can be drawn
        return None
    block = max(1, round(n ** (1 / 3)))
    starts = n - block + 1
    drawn = math.ceil(n / block)
    generator = random.Random(seed)
    medians = []
    for _ in range(max(200, min(_RESAMPLES, _RESAMPLED_VALUES_CAP // n))):
        resample: list[float] = []
        for _ in range(drawn):
            start = int(generator.random() * starts)
            resample += samples[start : start + block]
        medians.append(median(resample[:n]))
    medians.sort()
    return quantile(medians, 0.025), quantile(medians, 0.975)


def relative_slope(samples: Sequence[float]) -> float:
    """By how much of its mean a series changes from its first to its last sample, by least squares."""
    n = len(samples)
    mean, centre = fmean(samples), (n - 1) / 2
    spread = sum((index - centre) ** 2 for index in range(n))
    slope = sum((index - centre) * (value - mean) for index, value in enumerate(samples)) / spread
    return slope * (n - 1) / mean


def is_level(samples: Sequence[float], limit: float) -> bool:
    """Whether a series has stopped drifting: its fitted change is below ``limit`` or within its own noise."""
    change = abs(relative_slope(samples))
    noise = (relative_deviation(samples) or 0.0) / math.sqrt(len(samples))
    return change < max(limit, 2 * noise)
