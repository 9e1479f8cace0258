"""What kept runs measured of a device: the newest figure of each telling kernel, and of which day it is."""

from typing import TYPE_CHECKING

from netmind_tui.model.device import Device
from netmind_tui.model.quantity import quantity
from netmind_tui.tui.state import State

if TYPE_CHECKING:
    from netmind_tui.model.comparison import KeptFigure

_TELLING = ("gemm.fp16", "gemm.bf16", "gemm.fp32", "stream.add")
_MOST = 2
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def measured(state: State, device: Device) -> str | None:
    """For example ``731 TFLOP/s fp16 · 3.02 TB/s · 19 Nov``, all of the newest run that has any; none without one."""
    for run in state.bench.kept or ():
        found = {each.kernel: each for each in run.figures if each.device == device.id and each.value is not None}
        told = [_said(found[kernel]) for kernel in _TELLING if kernel in found][:_MOST]
        if told:
            return " · ".join([*told, _day(run.started_at)])
    return None


def _said(figure: "KeptFigure") -> str:
    family, _, precision = figure.kernel.partition(".")
    words = quantity(figure.value, figure.unit, 3)
    return f"{words} {precision}" if family == "gemm" else words


def _day(moment: str) -> str:
    """The day of a moment in ISO 8601: ``19 Nov``."""
    try:
        return f"{int(moment[8:10])} {_MONTHS[int(moment[5:7]) - 1]}"
    except (ValueError, IndexError):
        return moment
