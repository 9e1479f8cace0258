"""A device's benchmark in short: how near to its peak, how steady, what held it back, what it draws and can serve."""

from dataclasses import dataclass
from enum import StrEnum

from netmind_tui.model.cost import Cost
from netmind_tui.model.kernel import Phase
from netmind_tui.model.serving import Serving


class Restraint(StrEnum):
    """What can hold a device back."""

    HEAT = "heat"
    POWER_CAP = "power-cap"
    POWER_BRAKE = "power-brake"
    MEMORY = "memory"
    OTHER_PROGRAMS = "other-programs"
    INTERRUPTION = "interruption"
    NOT_CONVERGED = "not-converged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One thing that held a device back, and the kernels in which it was seen; all of them where none is named."""

    restraint: Restraint
    kernels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Best:
    """The largest or smallest of a figure over the kernels of a device, and the kernel that has it."""

    value: float
    kernel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """What a device drew under its heaviest load.

    ``method`` is ``nvml_energy``, ``nvml_power`` or ``rapl`` (energy ÷ time of the phase; RAPL counts processor
    packages alone), or ``power_draw_w``: one reading at the end of the phase.
    """

    draw_w: float
    kernel: str
    phase: Phase
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """One device that was measured. Figures are of the kernels whose results were verified; rates are in ``capacity``.

    ``of_peak`` is the best share of a peak, ``is_calibrated`` whether that peak convicts; ``cv_max`` the widest spread,
    ``sustained_of_burst`` the lowest sustained ÷ burst. ``limits`` is what was seen to hold the device back, ``unseen``
    what could not be looked at. ``serving`` is an estimate.
    """

    device: str
    measured: int
    unstable: int
    of_peak: Best | None = None
    is_calibrated: bool = False
    cv_max: Best | None = None
    sustained_of_burst: Best | None = None
    limits: tuple[Limit, ...] = ()
    unseen: tuple[Restraint, ...] = ()
    power: Power | None = None
    power_unknown: str | None = None
    memory_takeable_bytes: int = 0
    serving: tuple[Serving, ...] = ()
    cost: Cost | None = None
