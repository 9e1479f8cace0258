"""What a precision does to a result: from this, with each node's output rounded, the tolerances are derived."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Wide = NDArray[np.float64]
Rounding = Callable[[Wide], Wide]


def exact(values: Wide) -> Wide:
    """Nothing is lost."""
    return values


def fp16(values: Wide) -> Wide:
    """To the nearest number of half precision, as a node leaves it that sums in a wider type."""
    return values.astype(np.float16).astype(np.float64)
