"""An encoder of the shape of BERT base in float64 (J. Devlin et al., "BERT", 2018), from embeddings on."""

from collections.abc import Mapping
from math import erf, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netmind_tui.bench.reference.rounding import Rounding, Wide, exact

_HEADS = 12
_EPSILON = 1e-5
Float = np.floating[Any]
_erf = np.frompyfunc(erf, 1, 1)


def encode(embeddings: NDArray[Float], weights: Mapping[str, NDArray[Float]], rounded: Rounding = exact) -> Wide:
    """Hidden states (n, sequence, hidden) after the last layer, from those before the first.

    ``rounded`` is applied to what each node gives.
    """

    def linear(x: Wide, name: str) -> Wide:
        product = rounded(x @ weights[f"{name}.w"].astype(np.float64))
        return rounded(product + weights[f"{name}.b"])

    def normalise(x: Wide, name: str) -> Wide:
        centred = x - x.mean(axis=-1, keepdims=True)
        scaled = centred / np.sqrt(x.var(axis=-1, keepdims=True) + _EPSILON)
        return rounded(scaled * weights[f"{name}.w"] + weights[f"{name}.b"])

    x = embeddings.astype(np.float64)
    count, length, hidden = x.shape

    def heads(x: Wide, name: str) -> Wide:
        return linear(x, name).reshape(count, length, _HEADS, -1).transpose(0, 2, 1, 3)

    layer = 0
    while (name := f"l{layer}") + ".q.w" in weights:
        scores = rounded(heads(x, f"{name}.q") @ heads(x, f"{name}.k").swapaxes(2, 3))
        shares = rounded(_softmax(rounded(scores / sqrt(hidden // _HEADS))))
        mixed = rounded(shares @ heads(x, f"{name}.v"))
        attended = mixed.transpose(0, 2, 1, 3).reshape(count, length, hidden)
        x = normalise(rounded(x + linear(attended, f"{name}.o")), f"{name}.n1")
        inner = rounded(_gelu(linear(x, f"{name}.f1")))
        x = normalise(rounded(x + linear(inner, f"{name}.f2")), f"{name}.n2")
        layer += 1
    return x


def _softmax(scores: Wide) -> Wide:
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares: Wide = powers / powers.sum(axis=-1, keepdims=True)
    return shares


def _gelu(x: Wide) -> Wide:
    return x * 0.5 * (1 + np.asarray(_erf(x / sqrt(2)), np.float64))
