"""ResNet-50 v1.5 in float64 (K. He et al., "Deep Residual Learning for Image Recognition", 2015)."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netmind_tui.bench.reference.rounding import Rounding, Wide, exact

_BLOCKS = (3, 4, 6, 3)
Float = np.floating[Any]


def resnet50(images: NDArray[Float], weights: Mapping[str, NDArray[Float]], rounded: Rounding = exact) -> Wide:
    """Logits (n, classes) of images (n, 3, height, width); ``rounded`` is applied to what each node gives."""

    def conv(x: Wide, name: str, stride: int = 1) -> Wide:
        kernel, bias = weights[f"{name}.w"].astype(np.float64), weights[f"{name}.b"].astype(np.float64)
        windows = _windows(x, kernel.shape[2], stride, padding=0.0)
        product = np.tensordot(windows, kernel, axes=((1, 4, 5), (1, 2, 3)))
        return rounded(product.transpose(0, 3, 1, 2) + bias[:, np.newaxis, np.newaxis])

    x = _relu(conv(images.astype(np.float64), "stem", 2))
    x = _windows(x, 3, 2, padding=-np.inf).max(axis=(4, 5))
    for stage, blocks in enumerate(_BLOCKS):
        for block in range(blocks):
            name = f"s{stage}b{block}"
            stride = 2 if block == 0 and stage > 0 else 1
            y = _relu(conv(x, f"{name}.c1"))
            y = conv(_relu(conv(y, f"{name}.c2", stride)), f"{name}.c3")
            x = _relu(rounded(y + (x if block else conv(x, f"{name}.p", stride))))
    pooled = rounded(x.mean(axis=(2, 3)))
    return rounded(pooled @ weights["fc.w"].astype(np.float64) + weights["fc.b"])


def _windows(x: Wide, size: int, stride: int, *, padding: float) -> Wide:
    """Every window that a filter sees, (n, channels, rows, columns, size, size), padded to keep the centre."""
    edge = size // 2
    padded = np.pad(x, ((0, 0), (0, 0), (edge, edge), (edge, edge)), constant_values=padding)
    windows: Wide = np.lib.stride_tricks.sliding_window_view(padded, (size, size), axis=(2, 3))
    return windows[:, :, ::stride, ::stride]


def _relu(x: Wide) -> Wide:
    return np.maximum(x, 0.0)
