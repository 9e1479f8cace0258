"""The plan of a benchmark and the kernel catalogue, for people."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from netmind_tui.bench.plan import Plan
from netmind_tui.cli.page import Page, printed
from netmind_tui.model.kernel import Kernel
from netmind_tui.model.quantity import duration, gibibytes

if TYPE_CHECKING:
    from rich.console import RenderableType


def plan_table(plan: Plan, page: Page) -> str:
    """What would be done: each kernel on each device with its time and memory, and the total."""
    rows = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("device", "kernel", "shape"):
        rows.add_column(name, no_wrap=True)
    for name in ("time", "memory"):
        rows.add_column(name, justify="right", no_wrap=True)
    notes: dict[str, None] = {}
    for step in plan.steps:
        device, kernel = step.target.device.id, step.kernel
        shape = " ".join(f"{name}={extent}" for name, extent in step.variant.shape.items()) if step.variant else "—"
        if step.refused is not None:
            rows.add_row(device, kernel.id, shape, "—", "—", style="dim")
            notes[f"{device}: {step.refused.detail}"] = None
            continue
        memory = ("≤ " if kernel.grows else "") + gibibytes(step.memory_bytes)
        rows.add_row(device, kernel.id, shape, f"{step.expected_s:.1f} s", memory)
    total = Text(f"{plan.suite.name}, seed {plan.seed}: about {duration(plan.expected_s)} in all", style="bold")
    blocks: list[RenderableType] = [rows, *(Text(note, style="red") for note in notes), total]
    return printed(blocks, page)


def kernel_table(kernels: Iterable[Kernel], page: Page) -> str:
    """The catalogue: what each kernel measures, in which unit, and where it can run."""
    rows = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("kernel", "unit", "runs on"):
        rows.add_column(name, no_wrap=True)
    rows.add_column("measures", overflow="fold")
    for kernel in kernels:
        providers = ", ".join(dict.fromkeys(variant.provider for variant in kernel.variants))
        rows.add_row(kernel.id, kernel.unit, providers, kernel.title)
    return printed([rows], page)
