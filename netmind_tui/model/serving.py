"""Which public language models a device can hold, and how fast it could write with them: an estimate, never a rate.

One token of one conversation reads every weight and the whole cache once, so that the time is that of reading them:
tokens/s = bandwidth ÷ (bytes of weights read + bytes of cache). Nothing else is counted, so it is an upper bound.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from netmind_tui.model.llm import PUBLIC, LanguageModel, block_parameters

CONTEXT_TOKENS = 4096
"""The tokens that a conversation holds: the cache is counted full of them."""

_BLOCK, _SCALE_BYTES = 32, 4
# Four bits and, for each block of 32, a scale of four bytes: 1/2 + 4/32.
_BYTES_A_WEIGHT = {"int4": Fraction(1, 2) + Fraction(_SCALE_BYTES, _BLOCK), "fp16": Fraction(2)}
_CACHE_ENTRY_BYTES = 2

# What the weights of a precision are read with, the best measurement first.
_BASES = {
    "int4": ("decoder.decode.int4", "gemv.int4", "stream.add"),
    "fp16": ("decoder.decode.fp16", "stream.add"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """One public model on one device: whether it fits beside nothing else, and how fast it could write.

    ``basis`` is the kernel whose measured bandwidth ``tokens_per_s`` rests on. Both are ``None`` where the model does
    not fit or no bandwidth was measured.
    """

    model: str
    precision: str
    context_tokens: int
    need_bytes: int
    fits: bool
    tokens_per_s: float | None = None
    basis: str | None = None
    method: Literal["estimate"] = "estimate"


def weight_bytes(count: int, precision: str) -> int:
    """The bytes of so many weights, scales included.

    Raises:
        KeyError: the precision is neither ``int4`` nor ``fp16``.
    """
    return int(count * _BYTES_A_WEIGHT[precision])


def cache_bytes(model: LanguageModel, tokens: int) -> int:
    """The bytes of keys and values of so many tokens: 2 × layers × kv_heads × head_dim × 2 bytes a token."""
    return 2 * model.layers * model.kv_heads * model.head_dim * _CACHE_ENTRY_BYTES * tokens


def block_bytes(shape: Mapping[str, int], precision: str, entry_bytes: int) -> int:
    """What one token reads of one layer: its matrices, and the cache of ``context`` tokens.

    ``entry_bytes`` is what an entry of the cache takes, and so does the scale of a block of 4-bit weights there.

    Raises:
        KeyError: a dimension is missing, or the precision is unknown.
    """
    queries, keys = shape["heads"] * shape["head"], shape["kv_heads"] * shape["head"]
    weights = block_parameters(shape["hidden"], queries, keys, shape["inner"])
    scales = weights * entry_bytes // _BLOCK - weights * _SCALE_BYTES // _BLOCK if precision == "int4" else 0
    return weight_bytes(weights, precision) + scales + 2 * keys * entry_bytes * shape["context"]


def serve(
    takeable_bytes: int,
    bandwidths: Mapping[str, float],
    precisions: Iterable[str],
    models: Iterable[LanguageModel] = PUBLIC,
) -> tuple[Serving, ...]:
    """Every model in every precision, the smallest first.

    ``takeable_bytes`` is what may be taken of the device's free memory, ``bandwidths`` bytes/s by kernel.
    """
    chosen = list(models)
    return tuple(_served(model, each, takeable_bytes, bandwidths) for each in precisions for model in chosen)


def _served(model: LanguageModel, precision: str, takeable_bytes: int, bandwidths: Mapping[str, float]) -> Serving:
    cache = cache_bytes(model, CONTEXT_TOKENS)
    need = weight_bytes(model.parameters, precision) + cache
    fits = need <= takeable_bytes
    basis = next((kernel for kernel in _BASES[precision] if kernel in bandwidths), None) if fits else None
    read = weight_bytes(model.read_parameters, precision) + cache
    return Serving(
        model=model.name,
        precision=precision,
        context_tokens=CONTEXT_TOKENS,
        need_bytes=need,
        fits=fits,
        tokens_per_s=bandwidths[basis] / read if basis else None,
        basis=basis,
    )
