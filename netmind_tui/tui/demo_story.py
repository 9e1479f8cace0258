"""What happened lately on the machine that does not exist, beside what its rules did."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from netmind_tui.model.contribution import Contribution
from netmind_tui.tui.history import Point
from netmind_tui.tui.link_question import REACHES
from netmind_tui.tui.node_page import DayState

CARDS = tuple(f"gpu:{number}" for number in range(8))
_RESTS, _JOURNEY_DAYS = -0.8, range(150, 156)


@dataclass(frozen=True, slots=True)
class Special:
    """A device did something else for a while, and why."""

    start: datetime
    end: datetime
    state: Contribution
    code: str
    sentence: str


def specials(device: str, now: datetime) -> tuple[Special, ...]:
    """What came between, of one device."""

    def at(hours: float) -> datetime:
        return now - timedelta(hours=hours)

    gave, lost = Contribution.GAVE_WAY, Contribution.LOST
    found = {
        "gpu:0": (Special(at(20.5), at(17.4), gave, "gpu-in-use", "gpu:0 is used by others: 6.3 GiB, over 1.0 GiB"),),
        "gpu:4": tuple(
            Special(
                at(8.5 - 0.055 * turn),
                at(8.475 - 0.055 * turn),
                gave,
                "temperature",
                "gpu:4 87 °C over 86 °C",
            )
            for turn in range(14)
        ),
        "gpu:5": (Special(at(11.5), at(10.8), lost, "lost", "gpu:5 is lost: it fell off the bus (simulated)"),),
        "gpu:7": (Special(at(0.73), at(-4), Contribution.PAUSED, "paused", "paused by you"),),
    }
    return found.get(device, ())


def year(now: datetime) -> tuple[DayState, ...]:
    """A year of days with better and worse weeks."""
    found = []
    for back in range(365):
        day = now.date() - timedelta(days=back)
        wave = 0.62 + 0.3 * math.sin(back / 9) * math.cos(back / 31)
        share = 0.0 if back in _JOURNEY_DAYS else max(0.04, min(0.83, wave))
        given = share * 8 * 86_400
        gave_way = (0.83 - share) * 0.4 * 8 * 86_400 if share else 0.0
        state = Contribution.IDLE if share else Contribution.OFFLINE
        seconds = {Contribution.CONTRIBUTING: given, Contribution.GAVE_WAY: gave_way}
        if back == 0:
            seconds |= {
                each.state: (min(each.end, now) - each.start).total_seconds()
                for device in CARDS
                for each in specials(device, now)
                if each.state is not Contribution.GAVE_WAY
            }
        seconds[state] = 8 * 86_400 - sum(seconds.values())
        found.append(DayState(day=day, seconds=seconds))
    return tuple(reversed(found))


def figures(span: str) -> dict[tuple[str, str], tuple[Point, ...]]:
    """Histories as long as that."""
    count = REACHES[span].points
    found: dict[tuple[str, str], tuple[Point, ...]] = {}
    for number, device in enumerate(CARDS):
        loads = _loads(count, number)
        found[device, "gpu_util_pct"] = tuple(None if load is None else 98 * load for load in loads)
        found[device, "power_draw_w"] = tuple(None if load is None else 24 + 375 * load for load in loads)
        found[device, "temperature_c"] = tuple(
            None if load is None else 36 + (29 + 5.5 * (number % 5)) * load for load in loads
        )
        found[device, "memory_used_bytes"] = tuple(None if load is None else load * 22 * 2**30 for load in loads)
    found["cpu", "cpu_util_pct"] = tuple(38 + 6 * math.sin(at / 17) for at in range(count))
    found["cpu", "memory_used_bytes"] = tuple((50 + 8 * math.sin(at / 40)) * 2**30 for at in range(count))
    return found


def _loads(count: int, number: int) -> Sequence[float | None]:
    """At work but for a few hours."""
    at_rest = [math.sin(at / count * 19 + 1) < _RESTS for at in range(count)]
    return [0.03 if rests else 0.93 + 0.05 * math.sin(at / 7 + 0.6 * number) for at, rests in enumerate(at_rest)]
