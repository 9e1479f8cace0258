"""A plan as the screens know it: which kernel on which device, for how long, in which order, and why not."""

from dataclasses import dataclass
from itertools import groupby

from netmind_tui.model.kernel import Phase
from netmind_tui.model.measurement import Peak


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One kernel on one device. ``refused`` is why it is not even tried; ``rsd_limit`` the spread at which it is done.

    ``tolerance`` is the largest relative error that its result may have, ``sha256`` the digest of its graph.
    ``in_step`` tells whether the device works at the same time as others, ``alone`` whether this is the second time,
    with the others at rest.
    """

    kernel: str
    device: str
    unit: str
    expected_s: float
    memory_bytes: int = 0
    refused: str | None = None
    peak: Peak | None = None
    rsd_limit: float = 0.03
    shape: dict[str, int] | None = None
    tolerance: float | None = None
    sha256: str | None = None
    in_step: bool = False
    alone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One kernel on the devices that run it at the same time."""

    kernel: str
    steps: tuple[Planned, ...]

    @property
    def devices(self) -> tuple[str, ...]:
        """Those devices."""
        return tuple(step.device for step in self.steps)

    @property
    def tried(self) -> tuple[Planned, ...]:
        """Its steps that are tried."""
        return tuple(step for step in self.steps if step.refused is None)

    @property
    def alone(self) -> bool:
        """Whether it is measured once more, with the other devices at rest."""
        return self.steps[0].alone

    @property
    def expected_s(self) -> float:
        """How long it should take."""
        return max((step.expected_s for step in self.tried), default=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a suite would do on the chosen devices, and in how many seconds."""

    suite: str
    title: str
    seed: int
    certified: Phase
    expected_s: float
    budget_s: float | None = None
    steps: tuple[Planned, ...]

    @property
    def devices(self) -> tuple[str, ...]:
        """The devices, as they are listed."""
        return tuple(dict.fromkeys(step.device for step in self.steps))

    @property
    def tried(self) -> tuple[Planned, ...]:
        """The steps that are tried."""
        return tuple(step for step in self.steps if step.refused is None)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """What runs after one another: devices by themselves first, then those in step, then those once more alone."""
        ordered = sorted(self.steps, key=lambda step: (step.alone, step.in_step))
        found: list[Stage] = []
        for in_step, group in groupby(ordered, key=lambda step: step.in_step and not step.alone):
            steps = list(group)
            if not in_step:
                found += [Stage(kernel=step.kernel, steps=(step,)) for step in steps]
                continue
            for kernel in dict.fromkeys(step.kernel for step in steps):
                found.append(Stage(kernel=kernel, steps=tuple(step for step in steps if step.kernel == kernel)))
        return tuple(found)
