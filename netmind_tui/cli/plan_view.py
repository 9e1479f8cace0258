"""The plan of a benchmark and the kernel catalogue, for people."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from netmind_tui.bench.plan import Plan, Step
from netmind_tui.cli.figure_table import Column, figure_table
from netmind_tui.cli.page import Page, printed
from netmind_tui.model.kernel import Kernel
from netmind_tui.model.measurement import Reason
from netmind_tui.model.quantity import duration, gibibytes
from netmind_tui.model.selector import ranges

if TYPE_CHECKING:
    from rich.console import RenderableType


def plan_table(plan: Plan, page: Page) -> str:
    """What would be done: each kernel on each device with its time and memory, and the total; equal devices once."""
    rows: list[tuple[str, str, str, str, str]] = []
    notes: list[Text] = []
    for devices, lane in _alike(plan.lanes):
        absent = [step.kernel.id for step in lane if step.refused and step.refused.id is Reason.NOT_PLACEABLE]
        for step in lane:
            if step.is_tried and step.variant is not None:
                shape = " ".join(f"{name}={extent}" for name, extent in step.variant.shape.items())
                memory = ("≤ " if step.kernel.grows else "") + gibibytes(step.memory_bytes)
                rows.append((devices, step.kernel.id, f"{step.expected_s:.1f} s", memory, shape))
        if absent:
            notes.append(Text(f"{devices}: not on this kind of device: {', '.join(absent)}", style="dim"))
        refused = [step.refused for step in lane if step.refused and step.refused.id is not Reason.NOT_PLACEABLE]
        notes += [Text(f"{devices}: {each}", style="red") for each in dict.fromkeys(each.detail for each in refused)]
    names, kernels, seconds, memories, shapes = zip(*rows, strict=True) if rows else ((),) * 5
    columns = [
        Column("device", (names,)),
        Column("kernel", (kernels,)),
        Column("time", (seconds,), right=True),
        Column("memory", (memories,), right=True),
        Column("shape", (shapes, [_cut(shape, page.width // 3) for shape in shapes]), 9, short_header="shape"),
    ]
    blocks: list[RenderableType] = [figure_table(columns, page.width), *notes]
    if plan.together:
        at_once = ranges([lane[0].target.device.id for lane in plan.lanes if plan.runs_at_once(lane)])
        again = ", ".join(dict.fromkeys(step.kernel.id for step in plan.alone))
        blocks.append(Text(f"{at_once} at once" + (f", then one by one {again}" if again else ""), style="dim"))
    total = f"{plan.suite.name}, seed {plan.seed}: about {duration(plan.expected_s)} in all"
    return printed([*blocks, Text(total, style="bold")], page)


def _cut(shape: str, cells: int) -> str:
    return shape if len(shape) <= cells else f"{shape[: cells - 1]}…"


def _alike(lanes: Iterable[tuple[Step, ...]]) -> list[tuple[str, tuple[Step, ...]]]:
    """Devices with the same steps, by their ids in short, and those steps."""
    groups: dict[tuple[object, ...], list[tuple[Step, ...]]] = {}
    for lane in lanes:
        key = tuple(
            (step.kernel.id, step.is_tried, round(step.expected_s, 1), step.memory_bytes, str(step.refused))
            for step in lane
        )
        groups.setdefault((lane[0].target.device.name, *key), []).append(lane)
    return [(ranges([lane[0].target.device.id for lane in same]), same[0]) for same in groups.values()]


def kernel_table(kernels: Iterable[Kernel], page: Page) -> str:
    """The catalogue: what each kernel measures, in which unit, and where it can run."""
    rows = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("kernel", "unit", "runs on"):
        rows.add_column(name, no_wrap=True)
    rows.add_column("measures", overflow="fold")
    kernels = tuple(kernels)
    ids = [kernel.id for kernel in kernels]
    for kernel in kernels:
        providers = ", ".join(dict.fromkeys(variant.provider for variant in kernel.variants))
        rows.add_row(kernel.id if ids.count(kernel.id) == 1 else kernel.name, kernel.unit, providers, kernel.title)
    return printed([rows], page)
