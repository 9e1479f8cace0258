"""What is run to measure: kernels, their variants, and the suites that choose among them."""

from dataclasses import dataclass, field
from enum import StrEnum
from math import prod


class Provider(StrEnum):
    """An ONNX Runtime execution provider, by the name people type."""

    CPU = "cpu"
    CUDA = "cuda"


class Phase(StrEnum):
    """The phases of one measurement, in order."""

    SETUP = "setup"
    COLD = "cold"
    WARM_UP = "warm-up"
    BURST = "burst"
    SUSTAINED = "sustained"
    VERIFY = "verify"


Product = tuple[int | str, ...]
"""Factors to multiply: numbers, and names of the shape's dimensions."""


def evaluate(product: Product, shape: dict[str, int]) -> int:
    """Multiply the factors, with names looked up in the shape.

    Raises:
        KeyError: a name is not a dimension of the shape.
    """
    return prod(factor if isinstance(factor, int) else shape[factor] for factor in product)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One form of a kernel: for one provider, one shape, and devices with enough memory.

    ``file`` is its graph, with ``sha256``; a kernel that computes nothing has neither.

    ``memory`` is what the device holds, in bytes, as a sum of products; ``host_memory`` what a GPU's operands and
    results take on the host. ``golden_sha256`` are the digests of the exact results for the default seed, one for each
    rotating input. ``weights`` is the file that lists a network's weights, each with how it is made from the seed.
    ``tolerance``, where given, stands for the kernel's: a provider may compute in another precision.
    ``needs_cudnn`` where the CUDA provider runs the graph only with that library. ``compute_capability_min`` ("8.0") is
    the oldest generation of cards that has this precision. ``prepare_s`` are the
    seconds of preparing and checking on two cores of 2023, for the plan; by the bytes that are touched unless given.
    """

    provider: Provider
    file: str | None = None
    sha256: str | None = None
    shape: dict[str, int]
    memory: tuple[Product, ...]
    host_memory: tuple[Product, ...] = ()
    device_memory_min_bytes: int = 0
    golden_sha256: tuple[str, ...] = ()
    weights: str | None = None
    weights_sha256: str | None = None
    needs_cudnn: bool = False
    tolerance: float | None = None
    compute_capability_min: str | None = None
    prepare_s: float | None = None

    def memory_bytes(self, shape: dict[str, int]) -> int:
        """Bytes on the device at that shape."""
        return sum(evaluate(product, shape) for product in self.memory)

    def host_memory_bytes(self, shape: dict[str, int]) -> int:
        """Bytes on the host beside those on the device; none on a CPU, whose memory is the device's."""
        return sum(evaluate(product, shape) for product in self.host_memory)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kernel:
    """One catalogue entry: what is computed, how much work that is, and how its result is checked.

    ``work`` is the operations or bytes of one iteration;
    ``share`` scales the time that the suite's sustained window gives it; ``tolerance`` is the largest accepted
    relative error (0 where the result must be exact). ``grows`` names the dimension that is found at run time,
    ``sized`` the one, in bytes, that a suite's ``sizes`` and the free memory set.
    """

    id: str
    version: int
    family: str
    title: str
    precision: str
    metric: str
    unit: str
    work: Product = ()
    distribution: str
    tolerance: float
    share: float = 1.0
    grows: str | None = None
    sized: str | None = None
    variants: tuple[Variant, ...]

    @property
    def name(self) -> str:
        """The id with the version: what is never compared with anything else."""
        return f"{self.id}@{self.version}"

    @property
    def is_latency(self) -> bool:
        """Whether the value is a time, so that lower is better."""
        return self.unit == "s"

    def variant_for(self, provider: Provider, device_memory_bytes: int) -> Variant | None:
        """The largest variant that the device holds, or ``None`` where the provider cannot run this kernel."""
        fitting = [
            variant
            for variant in self.variants
            if variant.provider is provider and variant.device_memory_min_bytes <= device_memory_bytes
        ]
        return max(fitting, key=lambda variant: variant.device_memory_min_bytes, default=None)

    def tolerance_for(self, variant: Variant | None) -> float:
        """The largest accepted relative error of this form, which may have one of its own."""
        own = variant.tolerance if variant is not None else None
        return self.tolerance if own is None else own

    def work_per_iteration(self, shape: dict[str, int]) -> int:
        """Operations or bytes of one iteration; 1 for a latency, which counts iterations themselves."""
        return evaluate(self.work, shape)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """How long samples are taken: at least ``min_s`` and at most ``cap_s`` seconds."""

    min_s: float
    cap_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """How thoroughly to measure: the kernels, the length of a sample and of each phase.

    The certified phase is the sustained one where there is one, and otherwise the burst. ``alone`` are the kernels that
    are measured once more on each of several GPUs by itself, after all of them at once. A suite that does not certify
    gives no capacity; one that looks at the health too is judged by what it finds there. ``budget_s`` is how long a run
    of the suite may take: windows shrink until it should. ``sizes`` are bytes, for kernels whose size a suite may set;
    ``memory_part`` is the part of each device's memory that is examined instead of that. ``left_out_on_gpus`` are
    kernels that GPUs do without in this suite, because they have a faster form of the same.
    """

    name: str
    title: str
    kernels: tuple[str, ...]
    sample_s: float
    setup_cap_s: float
    warm_up_cap_s: float
    burst: Window
    sustained: Window | None = None
    budget_s: float | None = None
    alone: tuple[str, ...] = ()
    left_out_on_gpus: tuple[str, ...] = ()
    certifies: bool = True
    looks_at_health: bool = False
    sizes: dict[str, int] = field(default_factory=dict)
    memory_part: float | None = None

    @property
    def certified_phase(self) -> Phase:
        """The phase whose median is the measurement's value."""
        return Phase.SUSTAINED if self.sustained else Phase.BURST


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """Every kernel and suite there is, and the seed that golden digests hold for.

    A kernel may stand there in several versions; suites and names without a version mean the newest.
    """

    version: int
    default_seed: int
    kernels: tuple[Kernel, ...]
    suites: tuple[Suite, ...] = field(default=())

    def kernel(self, kernel_id: str) -> Kernel:
        """The kernel of that id in its newest version, or in the one that is named behind it (``gemm.fp16@1``).

        Raises:
            KeyError: there is none.
        """
        for kernel in (*self.newest, *self.kernels):
            if kernel_id in (kernel.id, kernel.name):
                return kernel
        raise KeyError(kernel_id)

    @property
    def newest(self) -> tuple[Kernel, ...]:
        """Every kernel once, in its newest version; the order is the catalogue's."""
        last: dict[str, int] = {}
        for kernel in self.kernels:
            last[kernel.id] = max(kernel.version, last.get(kernel.id, 0))
        return tuple(kernel for kernel in self.kernels if kernel.version == last[kernel.id])
