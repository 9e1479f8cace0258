"""Public language models by their shape: what decides whether one fits and how fast it can be read.

Dense models only: one with experts reads a part of its weights a token, and would need another formula.
"""

from dataclasses import dataclass

SOURCE = "config.json of each model in its public repository, read 2026-11-22"


def block_parameters(hidden: int, queries: int, keys: int, inner: int) -> int:
    """Weights of the matrices of one layer: four of attention, three of a gated feed-forward."""
    return 2 * hidden * queries + 2 * hidden * keys + 3 * hidden * inner


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageModel:
    """One public model. ``inner`` is the width of its feed-forward layers, ``vocabulary`` the rows of its embedding.

    ``tied`` where the embedding is also the last matrix; ``biased`` where queries, keys and values have a bias.
    """

    name: str
    layers: int
    hidden: int
    heads: int
    kv_heads: int
    head_dim: int
    inner: int
    vocabulary: int
    tied: bool = False
    biased: bool = False

    @property
    def parameters(self) -> int:
        """All weights: embedding and last matrix, attention, gated feed-forward, norms."""
        queries, keys = self.heads * self.head_dim, self.kv_heads * self.head_dim
        matrices = block_parameters(self.hidden, queries, keys, self.inner)
        layer = matrices + (queries + 2 * keys if self.biased else 0) + 2 * self.hidden
        return self.layers * layer + self.hidden + self.embedding * (1 if self.tied else 2)

    @property
    def embedding(self) -> int:
        """Weights of the table in which each token is looked up."""
        return self.vocabulary * self.hidden

    @property
    def read_parameters(self) -> int:
        """Weights that one token reads: all, but of a table of its own for looking up only one row."""
        return self.parameters if self.tied else self.parameters - self.embedding + self.hidden


# Smallest first.
PUBLIC = (
    LanguageModel(
        name="Llama-3.2-1B",
        layers=16,
        hidden=2048,
        heads=32,
        kv_heads=8,
        head_dim=64,
        inner=8192,
        vocabulary=128256,
        tied=True,
    ),
    LanguageModel(
        name="Llama-3.2-3B",
        layers=28,
        hidden=3072,
        heads=24,
        kv_heads=8,
        head_dim=128,
        inner=8192,
        vocabulary=128256,
        tied=True,
    ),
    LanguageModel(
        name="Qwen2.5-7B",
        layers=28,
        hidden=3584,
        heads=28,
        kv_heads=4,
        head_dim=128,
        inner=18944,
        vocabulary=152064,
        biased=True,
    ),
    LanguageModel(
        name="Llama-3.1-8B",
        layers=32,
        hidden=4096,
        heads=32,
        kv_heads=8,
        head_dim=128,
        inner=14336,
        vocabulary=128256,
    ),
    LanguageModel(
        name="Qwen2.5-14B",
        layers=48,
        hidden=5120,
        heads=40,
        kv_heads=8,
        head_dim=128,
        inner=13824,
        vocabulary=152064,
        biased=True,
    ),
    LanguageModel(
        name="Qwen2.5-32B",
        layers=64,
        hidden=5120,
        heads=40,
        kv_heads=8,
        head_dim=128,
        inner=27648,
        vocabulary=152064,
        biased=True,
    ),
    LanguageModel(
        name="Llama-3.3-70B",
        layers=80,
        hidden=8192,
        heads=64,
        kv_heads=8,
        head_dim=128,
        inner=28672,
        vocabulary=128256,
    ),
    LanguageModel(
        name="Llama-3.1-405B",
        layers=126,
        hidden=16384,
        heads=128,
        kv_heads=8,
        head_dim=128,
        inner=53248,
        vocabulary=128256,
    ),
)
