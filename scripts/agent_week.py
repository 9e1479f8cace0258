"""A week of an agent in seconds: eight cards of which one dies, an owner, a power cut, a tariff, clocks that jump.

Prints what happened, each change with its reason, and ends with 1 if that is not what is expected (the file beside the
agent's tests). ``--write`` makes that file anew.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from agent_world import Simulation, simulation, told, world

from netmind_tui.model.override import OverrideKind
from netmind_tui.node.agent.looked import Speaker

EXPECTED = Path(__file__).parents[1] / "tests" / "node" / "agent" / "agent_week.txt"
ZONE = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 10, 19, 12, tzinfo=ZONE)
COARSE_S, FINE_S, FINE_FOR_S = 600.0, 1.0, 12.0
POLICY = """
zone = "Europe/Berlin"
lead = "10m"

[profile.night]
power_cap_w = 200

[[window]]
days = ["mon-fri", "sun"]
from = "22:00"
to = "06:00"
profile = "night"

[[window]]
days = ["sat"]
from = "06:00"
to = "24:00"

[[window]]
days = ["sun"]
from = "00:00"
to = "22:00"

[[exception]]
name = "LAN party"
from = 2026-10-24T18:00:00
to = 2026-10-24T23:00:00
allow = false
devices = ["gpu:0"]

[guard.user-active]
idle = "3m"
devices = ["gpu"]

[guard.battery]
min_charge_pct = 100

[guard.temperature]
max_c = 80
margin_c = 6
for = "10s"
devices = ["gpu"]

[guard.price]
max_per_kwh = "0.35 EUR"
"""

Act = Callable[[Simulation, AsyncExitStack], Awaitable[None] | None]


def at(day: int, clock: str) -> datetime:
    """A moment of the week: day 0 is Monday; the first of two times of day that are called the same."""
    hour, minute = map(int, clock.split(":"))
    return datetime(2026, 10, 19, hour, minute, tzinfo=ZONE) + timedelta(days=day)


def change(**values: object) -> Act:
    """Something about the machine changes."""

    def act(run: Simulation, _stack: AsyncExitStack) -> None:
        for name, value in values.items():
            setattr(run.world, name, value)

    return act


def card(number: int, **values: object) -> Act:
    """Something about a card changes."""

    def act(run: Simulation, _stack: AsyncExitStack) -> None:
        for name, value in values.items():
            setattr(run.world.cards[number], name, value)

    return act


def clock(name: str, value: object) -> Act:
    """Something happens to the clocks."""
    return lambda run, _stack: getattr(run.world.clock, name)(value)


def says(kind: OverrideKind, *devices: str, for_s: float | None = None) -> Act:
    """The owner says something."""
    return lambda run, _stack: run.say(kind, *devices, for_s=for_s)


async def measure(run: Simulation, stack: AsyncExitStack) -> None:
    """Somebody measures a card."""
    await stack.enter_async_context(run.agent.lease(("gpu:2",), "anna, bench"))


async def measured(_run: Simulation, stack: AsyncExitStack) -> None:
    """They are done."""
    await stack.aclose()


async def answer(run: Simulation, _stack: AsyncExitStack) -> None:
    """The owner lets the other card contribute."""
    for each in run.agent.questions():
        await run.agent.accept(each.id, Speaker(name="anna", via="cli"))


WEEK: tuple[tuple[datetime, Act], ...] = (
    (at(0, "12:00"), change(price=Decimal("0.28"))),
    (at(0, "23:10"), change(active=True)),
    (at(0, "23:30"), change(active=False)),
    (at(1, "02:00"), card(3, temperature_c=84)),
    (at(1, "02:20"), card(3, temperature_c=70)),
    (at(1, "09:00"), says(OverrideKind.CONTRIBUTE, "gpu:1", for_s=7200)),
    (at(1, "23:00"), change(on_battery=True, battery_pct=80.0)),
    (at(1, "23:45"), change(on_battery=False)),
    (at(2, "01:00"), card(5, lost="has fallen off the bus")),
    (at(2, "05:30"), clock("set_forward", 3600.0)),
    (at(2, "06:45"), clock("set_forward", -3600.0)),
    (at(3, "00:00"), change(price=Decimal("0.41"))),
    (at(3, "01:00"), change(price=Decimal("0.28"))),
    (at(3, "10:00"), clock("sleep", 4 * 3600.0)),
    (at(3, "23:00"), says(OverrideKind.PAUSE, for_s=3600)),
    (at(4, "02:00"), change(seat_blind="logind does not answer")),
    (at(4, "02:10"), change(seat_blind=None)),
    (at(4, "14:00"), card(6, power_limit_w=250.0)),
    (at(4, "23:00"), says(OverrideKind.STOP)),
    (at(4, "23:30"), says(OverrideKind.RESUME)),
    (at(5, "12:00"), card(5, lost=None, uuid="GPU-0000000b-0000-0000-0000-000000000000")),
    (at(5, "15:00"), answer),
    (at(6, "01:30"), says(OverrideKind.PAUSE, "gpu:7", for_s=7200)),
    (at(6, "12:00"), measure),
    (at(6, "12:10"), measured),
    (at(6, "16:00"), change(mismatch="the NVIDIA library and the loaded kernel module have different versions")),
    (at(6, "18:00"), change(mismatch=None)),
    (at(6, "20:00"), clock("travel", "Europe/Lisbon")),
    (at(7, "07:00"), lambda _run, _stack: None),
)


async def live(run: Simulation) -> None:
    """The week, from its first look to its last."""
    await run.agent.begin("simulated")
    stack = AsyncExitStack()
    mover = run.world.clock
    fine_until_s = FINE_FOR_S
    waiting = [(moment.astimezone(UTC), act) for moment, act in WEEK]
    while waiting:
        while waiting and mover.moment().at >= waiting[0][0]:
            _, act = waiting.pop(0)
            done = act(run, stack)
            if done is not None:
                await done
            fine_until_s = mover.moment().monotonic_s + FINE_FOR_S
        before = len(run.events)
        await run.look()
        if len(run.events) > before:
            fine_until_s = mover.moment().monotonic_s + FINE_FOR_S
        mover.pass_by(_step_s(run, fine_until_s, [moment for moment, _ in waiting]))
        await asyncio.sleep(0)
    await run.hooks.idle()
    await run.agent.end("the week is over", 0)


def _step_s(run: Simulation, fine_until_s: float, coming: list[datetime]) -> float:
    """A second while something goes on, else up to ten minutes: never beyond what is known to come."""
    now = run.world.clock.moment()
    if now.monotonic_s < fine_until_s or run.world.active:
        return FINE_S
    decisions = run.agent.decisions
    known = [each.until for each in decisions.devices if each.until is not None] if decisions is not None else []
    known += [each.lifts_at for each in run.agent.situation().facts if each.lifts_at is not None]
    left_s = [(each - now.at).total_seconds() for each in (*known, *coming) if each > now.at]
    return max(FINE_S, min([COARSE_S, *left_s]))


def week(folder: Path) -> tuple[str, int]:
    """The timeline, and how often the hook for a lost device ran."""
    policy, heard = folder / "policy.toml", folder / "heard"
    policy.write_text(POLICY)
    policy.chmod(0o600)
    state = folder / "agent"
    state.mkdir()
    here = world(MONDAY.astimezone(UTC), "Europe/Berlin", 8)
    hooks = {"device-lost": ("sh", "-c", f"cat >> {heard}")}
    with simulation(here, state, policy, hooks=hooks, held_up_s=2 * COARSE_S) as run:
        asyncio.run(live(run))
        kept = run.journal.events()
    if list(kept) != run.events:
        raise SystemExit("the journal does not hold what was told")
    lines = [line.replace(str(folder), "") for line in told(kept, ZONE)]
    return "\n".join(lines) + "\n", len(heard.read_text().splitlines()) if heard.exists() else 0


def main() -> int:
    """Simulate, print, compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="make the expected timeline anew")
    wishes = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        timeline, hooks = week(Path(folder))
    print(timeline, end="")
    print(f"\na week in {time.monotonic() - began:.1f} s; the hook of the lost device ran {hooks} time(s)")
    if wishes.write:
        EXPECTED.write_text(timeline)
        return 0
    if timeline != EXPECTED.read_text() or hooks != 1:
        print("this is not what is expected")
        return 1
    print("as expected")
    return 0


if __name__ == "__main__":
    sys.exit(main())
