"""The same work done by torch on a GPU, for ``gpu_rates.py``: run as a child, prints the seconds of one iteration."""

import sys
from collections.abc import Callable, Mapping
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from netmind_tui.bench.catalog import open_catalog
from netmind_tui.bench.data import uniform_fp32
from netmind_tui.bench.family.base import Task
from netmind_tui.bench.family.network import NETWORKS, Operands, name_of
from netmind_tui.model.kernel import Kernel, Provider, Variant

SEED = 7
SAMPLES, SAMPLE_S, WARM_S = 20, 0.1, 2.0
BLOCKS, HEADS = (3, 4, 6, 3), 12

Tensor = Any
Weights = Mapping[str, Tensor]


def main() -> int:
    """Print the median seconds of one iteration of the kernel named, on the shape for so much device memory."""
    kernel = open_catalog().kernel(sys.argv[1])
    variant = kernel.variant_for(Provider.CUDA, int(sys.argv[2]))
    if variant is None:
        raise SystemExit(f"torch_side: {kernel.id} has no form for GPUs of that size")
    torch.backends.cuda.matmul.allow_tf32 = kernel.precision == "tf32"
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = True
    with torch.inference_mode():
        print(seconds(network(kernel, variant) if kernel.family == "network" else product(kernel, variant)))
    return 0


def seconds(run: Callable[[int], object]) -> float:
    """The median of batches, each waited for once, after a warm-up."""

    def batch(count: int) -> float:
        start = perf_counter()
        for index in range(count):
            run(index)
        torch.cuda.synchronize()
        return (perf_counter() - start) / count

    started, one = perf_counter(), batch(1)
    while perf_counter() - started < WARM_S:
        one = batch(max(1, int(SAMPLE_S / one)))
    return median(batch(max(1, int(SAMPLE_S / one))) for _ in range(SAMPLES))


def product(kernel: Kernel, variant: Variant) -> Callable[[int], object]:
    """A matrix product into memory that is already there, with two inputs in turn."""
    m, n, k = (variant.shape[name] for name in "mnk")
    kind = {"fp16": torch.float16, "bf16": torch.bfloat16}.get(kernel.precision, torch.float32)

    def operand(shape: tuple[int, ...], *fields: str) -> Tensor:
        return torch.from_numpy(uniform_fp32(shape, SEED, kernel.id, *fields)).to("cuda", kind)

    weight, rotating = operand((k, n), "B"), [operand((m, k), "A", str(index)) for index in range(2)]
    results = [torch.empty((m, n), device="cuda", dtype=kind) for _ in rotating]
    return lambda index: torch.matmul(rotating[index % 2], weight, out=results[index % 2])


def network(kernel: Kernel, variant: Variant) -> Callable[[int], object]:
    """A whole network with the kernel's own weights and inputs."""
    operands = Operands(Task(kernel, variant, SEED, SEED, 0, 0.0))
    weights = {name: torch.from_numpy(weight).cuda() for name, weight in operands.weights().items()}
    extents = tuple(variant.shape[name] for name in NETWORKS[name_of(kernel)].inputs)
    rotating = [torch.from_numpy(np.asarray(operands.input(extents, "X", str(each)))).cuda() for each in range(2)]
    forward = resnet50 if name_of(kernel) == "conv.resnet50" else encoder
    return lambda index: forward(rotating[index % 2], weights)


def resnet50(x: Tensor, weights: Weights) -> Tensor:
    """As ``kernels/network.py`` builds it."""

    def conv(x: Tensor, name: str, stride: int = 1) -> Tensor:
        weight = weights[f"{name}.w"]
        return functional.conv2d(x, weight, weights[f"{name}.b"], stride, weight.shape[2] // 2)

    x = functional.max_pool2d(functional.relu(conv(x, "stem", 2)), 3, 2, 1)
    for stage, blocks in enumerate(BLOCKS):
        for block in range(blocks):
            name, stride = f"s{stage}b{block}", 2 if block == 0 and stage > 0 else 1
            y = functional.relu(conv(x, f"{name}.c1"))
            y = conv(functional.relu(conv(y, f"{name}.c2", stride)), f"{name}.c3")
            x = functional.relu(y + (x if block else conv(x, f"{name}.p", stride)))
    return x.mean(dim=(2, 3)) @ weights["fc.w"] + weights["fc.b"]


def encoder(x: Tensor, weights: Weights) -> Tensor:
    """As ``kernels/network.py`` builds it, with torch's fused attention."""
    count, length, hidden = x.shape

    def linear(x: Tensor, name: str) -> Tensor:
        return x @ weights[f"{name}.w"] + weights[f"{name}.b"]

    def heads(x: Tensor, name: str) -> Tensor:
        return linear(x, name).view(count, length, HEADS, -1).transpose(1, 2)

    def normalise(x: Tensor, name: str) -> Tensor:
        return functional.layer_norm(x, (hidden,), weights[f"{name}.w"], weights[f"{name}.b"], 1e-5)

    layer = 0
    while (name := f"l{layer}") + ".q.w" in weights:
        mixed = functional.scaled_dot_product_attention(*(heads(x, f"{name}.{part}") for part in "qkv"))
        attended = linear(mixed.transpose(1, 2).reshape(count, length, hidden), f"{name}.o")
        x = normalise(x + attended, f"{name}.n1")
        x = normalise(x + linear(functional.gelu(linear(x, f"{name}.f1")), f"{name}.f2"), f"{name}.n2")
        layer += 1
    return x


if __name__ == "__main__":
    sys.exit(main())
