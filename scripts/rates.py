"""Hold our rates against what else this machine can do: NumPy's sgemm, and a compiled STREAM add.

Both sides run in child processes of their own, one after the other, in turns, on as many threads; each pair gives one
ratio (ours ÷ theirs), and the median of at least five is judged. Needs the ``test`` extra; takes about four minutes.
A machine that does other work gives ratios that mean little: run it on a quiet one.
"""

import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

from netmind_tui.bench.benchmark import Benchmark, Wishes
from netmind_tui.bench.child import WorkerChild
from netmind_tui.bench.data import uniform_fp32
from netmind_tui.bench.plan import Step
from netmind_tui.bench.protocol import Outcome, Refusal, Request
from netmind_tui.model.kernel import Provider, Variant

ROOT = Path(__file__).parents[1]
PAIRS = 5
BUDGET = 0.95
THEIR_SAMPLES = 20
THEIR_S = 2.0
QUIET = 1.2
SEED = 7
STREAM_MIB = (64, 256)


@dataclass(frozen=True)
class Contest:
    """Two ways to do the same work, each giving work per second.

    ``beside`` is why the figure is printed without being held to the budget, where it is.
    """

    title: str
    ours: Callable[[], float]
    theirs: Callable[[], float]
    beside: str = ""

    def hold(self, pairs: int) -> bool:
        """Run it, print the figure, and say whether the budget holds."""
        ratios, rates = [], []
        for index in range(pairs):
            order = (self.ours, self.theirs) if index % 2 == 0 else (self.theirs, self.ours)
            first, second = (side() for side in order)
            mine, other = (first, second) if index % 2 == 0 else (second, first)
            rates.append((mine, other))
            ratios.append(mine / other)
        figure = median(ratios)
        holds = figure >= BUDGET
        verdict = self.beside or ("holds" if holds else "does not hold")
        spread = " ".join(f"{ratio:.3f}" for ratio in ratios)
        mine, other = (median(side) / 1e9 for side in zip(*rates, strict=True))
        print(f"{self.title}: {figure:.3f} (budget >= {BUDGET}): {verdict}")
        print(f"    pairs {spread}; medians {mine:.1f} and {other:.1f} G/s", flush=True)
        swing = max(max(side) / min(side) for side in zip(*rates, strict=True))
        if swing > QUIET:
            print(f"    one side alone came out {swing:.2f} times faster at its best: this machine is not quiet")
        return holds or bool(self.beside)


def main() -> int:
    """Run every contest; 1 if one misses its budget."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=PAIRS, help=f"pairs of children a contest; {PAIRS} unless given")
    parser.add_argument("--numpy", type=int, nargs=3, metavar=("M", "N", "K"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.numpy:
        print(sgemm_seconds(*arguments.numpy))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        contests = [*gemm_contests(Path(folder)), *stream_contests(Path(folder))]
        results = [contest.hold(arguments.pairs) for contest in contests]
    return 0 if all(results) else 1


def gemm_contests(folder: Path) -> list[Contest]:
    """Our gemm.fp32 against sgemm at its own shape, and at the power of two that its shape avoids."""
    step = plan_step("gemm.fp32")
    variant = variant_of(step)
    m, n, k = (variant.shape[name] for name in "mnk")
    square = replace(step, variant=square_variant(variant, folder, m))
    ours, ours_square = (lambda: worker_rate(step)), (lambda: worker_rate(square, NETMIND_KERNELS=str(folder)))
    theirs = lambda: numpy_rate(step.threads, m, n, k)  # noqa: E731 - four sides of three contests, side by side
    theirs_square = lambda: numpy_rate(step.threads, m, n, m)  # noqa: E731
    return [
        Contest(f"gemm.fp32 / NumPy, both {m}x{n}x{k}", ours, theirs),
        Contest(f"gemm.fp32 {m}x{n}x{k} / NumPy {m}x{n}x{m}", ours, theirs_square),
        Contest(
            f"gemm.fp32 / NumPy, both {m}x{n}x{m}",
            ours_square,
            theirs_square,
            beside="not judged, no kernel has this shape; it shows what its row length costs",
        ),
    ]


def stream_contests(folder: Path) -> list[Contest]:
    """Our stream.add against the compiled loop, over buffers of the same sizes."""
    step, program = plan_step("stream.add"), compile_stream(folder)
    variant = variant_of(step)

    def contest(mebibytes: int) -> Contest:
        count = mebibytes * 2**20 // 4
        # A limit that holds just these buffers keeps them from growing.
        fixed = replace(
            step,
            variant=replace(variant, shape={"n": count}),
            memory_limit_bytes=variant.memory_bytes({"n": count}),
        )
        return Contest(
            f"stream.add / compiled add, buffers of {mebibytes} MiB",
            lambda: worker_rate(fixed),
            lambda: 3 * 4 * count / float(output_of([program, count, step.threads, THEIR_S])),
        )

    return [contest(mebibytes) for mebibytes in STREAM_MIB]


def plan_step(kernel: str) -> Step:
    """The step that ``netmind bench --kernel KERNEL --device cpu`` would take here."""
    with Benchmark(Wishes(kernels=(kernel,), devices=("cpu",), force=True)) as benchmark:
        (step,) = benchmark.plan.steps
        return step


def variant_of(step: Step) -> Variant:
    """The graph that the step runs."""
    if step.variant is None:
        raise SystemExit(f"rates: {step.kernel.id} cannot run here")
    return step.variant


def worker_rate(step: Step, **environment: str) -> float:
    """Work per second that our own worker measures in a fresh process."""
    child = WorkerChild(Provider.CPU, environment)
    try:
        child.ask(
            Request(
                kernel=step.kernel,
                variant=variant_of(step),
                provider=Provider.CPU,
                seed=SEED,
                default_seed=SEED,
                rules=step.rules,
                threads=step.threads,
                memory_limit_bytes=step.memory_limit_bytes,
            )
        )
        while not isinstance(answer := child.next_event(60), Outcome | Refusal | None):
            continue
    finally:
        child.kill()
    if not isinstance(answer, Outcome) or answer.timing is None or answer.after is None or not answer.after.ok:
        raise SystemExit(f"rates: {step.kernel.id} was not measured: {answer}")
    return step.kernel.work_per_iteration(answer.shape) / median(answer.timing.certified.samples)


def numpy_rate(threads: int, m: int, n: int, k: int) -> float:
    """FLOP per second of sgemm in a fresh process, on so many threads."""
    pools = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
    seconds = output_of([sys.executable, __file__, "--numpy", m, n, k], pools)
    return 2 * m * n * k / float(seconds)


def sgemm_seconds(m: int, n: int, k: int) -> float:
    """The median of NumPy's matmul into a result that is already there, on the kernel's own operands."""
    weight = uniform_fp32((k, n), SEED, "gemm.fp32", "B")
    rotating = [uniform_fp32((m, k), SEED, "gemm.fp32", "A", str(index)) for index in range(2)]
    result = np.empty((m, n), np.float32)
    samples: list[float] = []
    warm, started = False, perf_counter()
    while len(samples) < THEIR_SAMPLES or perf_counter() - started < THEIR_S:
        start = perf_counter()
        np.matmul(rotating[len(samples) % 2], weight, out=result)
        samples.append(perf_counter() - start)
        if not warm and perf_counter() - started > THEIR_S / 4:
            samples, warm, started = [], True, perf_counter()
    return median(samples)


def square_variant(variant: Variant, folder: Path, n: int) -> Variant:
    """The same kernel at k = n, its graph written into the folder."""
    spec = importlib.util.spec_from_file_location("build", ROOT / "kernels/build.py")
    if spec is None or spec.loader is None:
        raise SystemExit("rates: kernels/build.py cannot be loaded")
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    graph = build.gemm("gemm_fp32", (build.TensorProto.FLOAT,) * 3, n, n, 4)
    (folder / "square.onnx").write_bytes(graph)
    return replace(variant, file="square.onnx", sha256=sha256(graph).hexdigest(), shape={"m": n, "n": n, "k": n})


def compile_stream(folder: Path) -> Path:
    """Compile ``stream_add.c`` with the machine's compiler, or with the one that the test extra brings."""
    program, source = folder / "stream_add", Path(__file__).with_name("stream_add.c")
    options = ["-O3", "-march=native", "-pthread", str(source), "-o", str(program)]
    for compiler in (["cc"], ["gcc"], ["clang"], [sys.executable, "-m", "ziglang", "cc"]):
        try:
            subprocess.run([*compiler, *options], check=True, capture_output=True)
        except (FileNotFoundError, subprocess.CalledProcessError):
            continue
        print(f"compiled with {' '.join(map(str, compiler))} -O3 -march=native")
        return program
    raise SystemExit("rates: no C compiler works here: install gcc or clang")


def output_of(command: list[object], environment: dict[str, str] | None = None) -> str:
    """What a child prints."""
    done = subprocess.run(
        [str(part) for part in command],
        env={**os.environ, **(environment or {})},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
