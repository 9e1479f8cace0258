"""The first run: five questions, what was answered, and what is to be written at the end."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from netmind_tui.model.cost import Cost, Money, Tariff, cost_under, read_price
from netmind_tui.model.device import Device
from netmind_tui.model.measurement import Run
from netmind_tui.model.problem import Problem
from netmind_tui.model.selector import select

STEPS = ("machine", "benchmark", "electricity", "schedule", "payer")
"""In the order in which they are asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstRun:
    """How far it is. ``answers`` are settings by their key, as words; ``measured`` is the last run that was kept."""

    step: int = 0
    answers: dict[str, str] = field(default_factory=dict)
    measured: Run | None = None

    @property
    def name(self) -> str:
        """The question that is asked now."""
        return STEPS[self.step]

    @property
    def is_last(self) -> bool:
        """Whether none comes after it."""
        return self.step == len(STEPS) - 1

    @property
    def to_write(self) -> dict[str, str]:
        """What the configuration is to hold: the answers; and always a schedule, so that nothing is asked again."""
        return {"schedule.preset": "never", **self.answers}


@dataclass(frozen=True, slots=True)
class Answered:
    """A setting was chosen; an empty word takes the answer back."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Stepped:
    """The next question, or the one before."""

    by: int


@dataclass(frozen=True, slots=True)
class Began:
    """From the first question on, with nothing answered."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """The last run that was kept was read: devices' power is known from it."""

    run: Run


FirstRunMessage = Answered | Stepped | Began | Remembered


def reduce_first_run(first_run: FirstRun, message: FirstRunMessage) -> FirstRun:
    """The first run after a message."""
    match message:
        case Answered(key, text):
            others = {name: each for name, each in first_run.answers.items() if name != key}
            return replace(first_run, answers={**others, key: text} if text else others)
        case Stepped(by):
            return replace(first_run, step=max(0, min(len(STEPS) - 1, first_run.step + by)))
        case Began():
            return FirstRun(measured=first_run.measured)
        case Remembered(run):
            return replace(first_run, measured=run)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """What a device draws under load, and how that is known; ``cost`` is of an hour of it, where a price is known."""

    device: str
    name: str
    watts: float | None
    known: str
    cost: Cost | None = None


def draws(
    devices: Sequence[Device], run: Run | None, declared: dict[str, float], price: str | None, fee: str | None
) -> tuple[Draw, ...]:
    """The power of each device: declared by its owner, else measured, else at most what its limit lets through."""
    tariff = tariff_of(price, fee)
    found = []
    for device in devices:
        watts, known = _power(device, devices, run, declared)
        cost = cost_under(watts, tariff) if tariff is not None and watts is not None else None
        found.append(Draw(device=device.id, name=device.name or device.id, watts=watts, known=known, cost=cost))
    return tuple(found)


def tariff_of(price: str | None, fee: str | None) -> Tariff | None:
    """What was said about the price; ``None`` where nothing was."""
    money: Money | None = read_price(price) if price else None
    return Tariff(price_per_kwh=money, fee_pct=Decimal(fee or 0)) if money is not None else None


def _power(
    device: Device, devices: Sequence[Device], run: Run | None, declared: dict[str, float]
) -> tuple[float | None, str]:
    for name, watts in declared.items():
        try:
            is_meant = device in select([name], devices).devices
        except Problem:  # the beginning of several UUIDs
            is_meant = False
        if is_meant:
            return watts, "declared"
    summaries = run.summaries if run is not None else ()
    same = {each.id for each in (run.devices if run is not None else ()) if _is_same(each, device)}
    power = next((each.power for each in summaries if each.device in same and each.power is not None), None)
    if power is not None:
        return power.draw_w, "measured"
    if device.power_limit_w is not None:
        return device.power_limit_w, "at most, its limit"
    return None, "known once measured"


def _is_same(before: Device, now: Device) -> bool:
    """Whether a run's device is the one that is here now."""
    return (before.uuid, before.name, before.id if before.uuid is None else "") == (
        now.uuid,
        now.name,
        now.id if now.uuid is None else "",
    )
