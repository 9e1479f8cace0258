"""An encoder of the shape of BERT base in float64 (J. Devlin et al., "BERT", 2018), from embeddings on."""

from collections.abc import Mapping
from math import erf, sqrt

import numpy as np
from numpy.typing import NDArray

_HEADS = 12
_EPSILON = 1e-5
Wide = NDArray[np.float64]
_erf = np.frompyfunc(erf, 1, 1)


def encode(embeddings: NDArray[np.float32], weights: Mapping[str, NDArray[np.float32]]) -> Wide:
    """Hidden states (n, sequence, hidden) after the last layer, from those before the first."""

    def linear(x: Wide, name: str) -> Wide:
        product: Wide = x @ weights[f"{name}.w"].astype(np.float64) + weights[f"{name}.b"]
        return product

    def normalise(x: Wide, name: str) -> Wide:
        centred = x - x.mean(axis=-1, keepdims=True)
        scaled = centred / np.sqrt(x.var(axis=-1, keepdims=True) + _EPSILON)
        shifted: Wide = scaled * weights[f"{name}.w"] + weights[f"{name}.b"]
        return shifted

    x = embeddings.astype(np.float64)
    count, length, hidden = x.shape

    def heads(x: Wide, name: str) -> Wide:
        return linear(x, name).reshape(count, length, _HEADS, -1).transpose(0, 2, 1, 3)

    layer = 0
    while (name := f"l{layer}") + ".q.w" in weights:
        scores = heads(x, f"{name}.q") @ heads(x, f"{name}.k").swapaxes(2, 3) / sqrt(hidden // _HEADS)
        mixed = _softmax(scores) @ heads(x, f"{name}.v")
        attended = mixed.transpose(0, 2, 1, 3).reshape(count, length, hidden)
        x = normalise(x + linear(attended, f"{name}.o"), f"{name}.n1")
        x = normalise(x + linear(_gelu(linear(x, f"{name}.f1")), f"{name}.f2"), f"{name}.n2")
        layer += 1
    return x


def _softmax(scores: Wide) -> Wide:
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares: Wide = powers / powers.sum(axis=-1, keepdims=True)
    return shares


def _gelu(x: Wide) -> Wide:
    return x * 0.5 * (1 + np.asarray(_erf(x / sqrt(2)), np.float64))
