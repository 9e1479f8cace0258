"""Whether windows, exceptions and holidays hold to the minute, in the world's most awkward zones.

Makes policies at random, most of them around a change of the clock, and goes through every minute of two to nine days
by the definition alone: what does the wall show, and what does the policy say of that. Held against it are membership,
the next change from any second, and what ``decide`` says with and without the owner's word. Also measures how long the
next change takes to find. Ends with 1 on any mismatch.
"""

import argparse
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import groupby, pairwise
from zoneinfo import ZoneInfo

from netmind_tui.model.contribution import Contribution
from netmind_tui.model.decide import decide
from netmind_tui.model.override import Override, OverrideKind
from netmind_tui.model.policy import Exception_, Holiday, Limits, Policy, Profile, Window
from netmind_tui.model.situation import DeviceFact, Situation
from netmind_tui.model.week import Standing, Week, week_of

CASES = 10_000
A_SCENE = 20
ZONES = (
    "Europe/Berlin",
    "Europe/Dublin",  # winter is its daylight saving
    "Australia/Lord_Howe",  # 30 minutes
    "Africa/Casablanca",  # back for Ramadan
    "Africa/El_Aaiun",
    "Pacific/Apia",  # left out a day in 2011
    "Pacific/Kwajalein",
    "Pacific/Kiritimati",
    "Pacific/Chatham",
    "Antarctica/Troll",  # two hours
    "Antarctica/Casey",
    "America/St_Johns",
    "America/Adak",
    "America/New_York",
    "America/Nuuk",  # at 22:00 the evening before
    "America/Scoresbysund",
    "Asia/Kathmandu",
    "Asia/Gaza",
    "Asia/Tehran",
    "Asia/Pyongyang",
    "Asia/Beirut",  # at midnight
)
YEARS = range(2009, 2029)
DEVICES = ("gpu:0", "gpu:1", "cpu")
MINUTE = timedelta(minutes=1)
A_DAY = 1440
PROFILES = (
    Profile(name="night", limits=Limits(power_cap_w=200.0)),
    Profile(name="cards", limits=Limits(devices=("gpu",))),
    Profile(name="one", limits=Limits(devices=("gpu:0", "cpu"), cpu_share_pct=50)),
)
HEAVY_MINUTES = (0, 30, 60, 90, 120, 150, 180, 210, 240, 1320, 1380, 1410, 1439)


@dataclass(frozen=True, slots=True)
class Scene:
    """A zone and the wall's day and minute for each minute from ``start`` on; ``walls`` are minutes since day 0."""

    zone: ZoneInfo
    start: datetime
    walls: list[int]


@dataclass(slots=True)
class Tally:
    """What was found: the mismatches in words, and how long the next change took in µs."""

    cases: int = 0
    moments: int = 0
    changes: int = 0
    mismatches: list[str] = field(default_factory=list)
    nights: Counter[int] = field(default_factory=Counter)
    fresh_us: list[float] = field(default_factory=list)
    ready_us: list[float] = field(default_factory=list)
    again_us: list[float] = field(default_factory=list)


def main() -> int:
    """Check and print; 1 on a mismatch."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=CASES, help=f"policies; {CASES} unless given")
    parser.add_argument("--seed", type=int, default=1, help="what they are drawn from; 1 unless given")
    arguments = parser.parse_args()
    begun = time.perf_counter()
    tally = check(arguments.cases, arguments.seed)
    print(f"{tally.cases} policies in {len(ZONES)} zones, {tally.moments} minutes, {tally.changes} changes")
    print(f"nights from 22:00 to 06:00, by minutes: {dict(sorted(tally.nights.items()))}")
    for name, times in (
        ("of a new policy", tally.fresh_us),
        ("of another moment", tally.ready_us),
        ("asked again", tally.again_us),
    ):
        high = statistics.quantiles(times, n=100)[98] if len(times) > 1 else times[0]
        print(f"next change {name}: median {statistics.median(times):.1f} µs, 99 % under {high:.1f} µs")
    print(f"mismatches: {len(tally.mismatches)}  ({time.perf_counter() - begun:.0f} s)")
    for each in tally.mismatches[:10]:
        print(f"  {each}")
    return 1 if tally.mismatches else 0


def check(cases: int, seed: int) -> Tally:
    """So many policies held against every minute, and the nights of every change of the clock."""
    generator = random.Random(seed)
    tally = Tally()
    shifts = {name: list(clock_changes(ZoneInfo(name))) for name in ZONES}
    for number in range(-(-cases // A_SCENE)):
        name = ZONES[number % len(ZONES)]
        scene = make_scene(generator, ZoneInfo(name), shifts[name])
        night_check(scene, tally)
        for _ in range(min(A_SCENE, cases - tally.cases)):
            policy = make_policy(generator, scene)
            case_check(generator, scene, policy, generator.choice(DEVICES), tally)
    return tally


def clock_changes(zone: ZoneInfo) -> Iterator[date]:
    """The days on which the offset changes."""
    before = None
    for ordinal in range(date(YEARS.start, 1, 1).toordinal(), date(YEARS.stop, 1, 1).toordinal()):
        day = date.fromordinal(ordinal)
        offset = datetime(day.year, day.month, day.day, tzinfo=UTC).astimezone(zone).utcoffset()
        if before is not None and offset != before:
            yield day - timedelta(days=1)
        before = offset


def make_scene(generator: random.Random, zone: ZoneInfo, shifts: list[date]) -> Scene:
    """A few days, four times of five around a change of the clock."""
    length = generator.randint(2, 9)
    if shifts and generator.random() < 0.8:
        day = generator.choice(shifts) - timedelta(days=generator.randint(0, length - 1))
    else:
        day = date(generator.choice(YEARS), 1, 1) + timedelta(days=generator.randrange(365))
    start = datetime(day.year, day.month, day.day, generator.randrange(24), generator.randrange(60), tzinfo=UTC)
    walls = []
    for number in range(length * A_DAY):
        wall = (start + number * MINUTE).astimezone(zone)
        walls.append(wall.toordinal() * A_DAY + wall.hour * 60 + wall.minute)
    return Scene(zone, start, walls)


def make_policy(generator: random.Random, scene: Scene) -> Policy:
    """Windows that cross midnight and touch, exceptions that overlap, days that count as others."""

    def minute() -> int:
        return generator.choice(HEAVY_MINUTES) if generator.random() < 0.6 else generator.randrange(A_DAY)

    windows = tuple(
        Window(
            days=tuple(sorted(generator.sample(range(7), generator.randint(1, 7)))),
            start_minute=minute(),
            end_minute=minute() or A_DAY,
            profile=generator.choice((None, None, *(each.name for each in PROFILES))),
        )
        for _ in range(generator.randint(0, 4))
    )
    return Policy(
        zone=scene.zone.key,
        windows=windows,
        profiles=PROFILES,
        exceptions=tuple(make_exception(generator, scene, number) for number in range(generator.choice((0, 0, 1, 3)))),
        holidays=tuple(make_holiday(generator, scene, number) for number in range(generator.choice((0, 0, 1, 2)))),
    )


def make_exception(generator: random.Random, scene: Scene, number: int) -> Exception_:
    """A span on the wall, some of it in the scene."""
    first = generator.choice(scene.walls) // 15 * 15
    start = datetime.fromordinal(first // A_DAY) + timedelta(minutes=first % A_DAY)
    allows = generator.random() < 0.4
    return Exception_(
        name=f"exception {number}",
        start=start,
        end=start + timedelta(minutes=generator.choice((15, 30, 60, 150, 1440, 4000))),
        allows=allows,
        profile=generator.choice(PROFILES).name if allows else None,
        devices=generator.choice(((), (), ("gpu",), ("gpu:0",), ("gpu:0-1",))),
    )


def make_holiday(generator: random.Random, scene: Scene, number: int) -> Holiday:
    """A day of the scene that counts as another."""
    day = date.fromordinal(generator.choice(scene.walls) // A_DAY)
    year = generator.choice((None, day.year))
    return Holiday(name=f"day {number}", month=day.month, day=day.day, year=year, as_day=generator.randrange(7))


Held = tuple[bool, int, str | None, int]
"""Whether it allows, the number of the exception that rules, the profile, the number of the window; -1 is none."""


def by_the_minute(scene: Scene, policy: Policy, device: str) -> list[Held]:
    """What holds in each minute, by the definition."""
    found: list[Held] = []
    tables: dict[tuple[int, int], list[Held]] = {}
    for ordinal, walls in groupby(scene.walls, lambda wall: wall // A_DAY):
        days = weekday(policy, ordinal - 1), weekday(policy, ordinal)
        if days not in tables:
            tables[days] = day_table(policy, device, *days)
        table = tables[days]
        found += [table[wall % A_DAY] for wall in walls]
    for number in ranked(policy):
        exception = policy.exceptions[number]
        if not named(exception.devices, device):
            continue
        if exception.allows and not named(policy.profile(exception.profile).limits.devices, device):
            continue
        first, last = (
            each.toordinal() * A_DAY + each.hour * 60 + each.minute for each in (exception.start, exception.end)
        )
        held = (exception.allows, number, exception.profile if exception.allows else None)
        for place, wall in enumerate(scene.walls):
            if first <= wall < last:
                found[place] = (*held, found[place][3])
    return found


def ranked(policy: Policy) -> list[int]:
    """The exceptions, the one that rules over all others last: it denies, or was named first."""
    return sorted(range(len(policy.exceptions)), key=lambda each: (not policy.exceptions[each].allows, -each))


def day_table(policy: Policy, device: str, yesterday: int, today: int) -> list[Held]:
    """What the windows say in each minute of a day."""
    table: list[Held] = [(False, -1, None, -1)] * A_DAY
    for number, window in reversed(list(enumerate(policy.windows))):
        if not named(policy.profile(window.profile).limits.devices, device):
            continue
        held: Held = (True, -1, window.profile, number)
        first, last = window.start_minute, window.end_minute
        crosses = last <= first
        if crosses and yesterday in window.days:
            table[:last] = [held] * last
        if today in window.days:
            table[first : A_DAY if crosses else last] = [held] * ((A_DAY if crosses else last) - first)
    return table


def weekday(policy: Policy, ordinal: int) -> int:
    """What a day counts as: a date of one year comes before one of every year, then the first named."""
    day = date.fromordinal(ordinal)
    on = [each for each in policy.holidays if each.is_on(day)]
    return min(on, key=lambda each: each.year is None).as_day if on else day.weekday()


def named(names: tuple[str, ...], device: str) -> bool:
    """Whether the names that are used here are about a device."""
    meant = {"gpu": ("gpu:0", "gpu:1"), "gpu:0-1": ("gpu:0", "gpu:1")}
    return not names or any(device in meant.get(name, (name,)) for name in names)


def case_check(generator: random.Random, scene: Scene, policy: Policy, device: str, tally: Tally) -> None:
    """One policy against every minute."""
    held = by_the_minute(scene, policy, device)
    places = [place for place in range(1, len(held)) if differ(held[place], held[place - 1])]
    week = Week(policy, scene.zone)
    tally.cases += 1
    tally.moments += len(held)
    tally.changes += len(places)
    about = f"{scene.zone.key} {scene.start:%Y-%m-%dT%H:%M}Z {device}"
    end = scene.start + len(held) * MINUTE

    wanted = [scene.start + place * MINUTE for place in places]
    found = list(week.changes(device, scene.start, end))
    if found != wanted:
        tally.mismatches.append(f"{about}: changes at {found}, by the minute {wanted}; {policy}")
    for place in {0, len(held) - 1, *places, *(place - 1 for place in places), generator.randrange(len(held))}:
        at = scene.start + place * MINUTE + timedelta(microseconds=generator.randrange(60_000_000))
        if (standing := seen(week.standing(device, at), policy)) != held[place]:
            tally.mismatches.append(f"{about}: {at} is {standing}, by the minute {held[place]}; {policy}")
    for _ in range(2):
        place = generator.randrange(len(held))
        at = scene.start + place * MINUTE + timedelta(microseconds=generator.randrange(1, 60_000_000))
        change_check(policy, scene, device, at, next((each for each in wanted if each > at), None), end, tally)
        turn_check(week, scene, device, at, held, tally)
        decide_check(generator, scene, policy, device, held, place, tally)


def differ(one: Held, other: Held) -> bool:
    """Whether it is a change: windows of one profile that touch are one."""
    return one is not other and one[:3] != other[:3]


def seen(standing: Standing, policy: Policy) -> Held:
    """A standing in the numbers of the definition."""
    ruler = -1 if standing.exception is None else policy.exceptions.index(standing.exception)
    window = -1 if standing.window is None else policy.windows.index(standing.window)
    return standing.allows, ruler, standing.profile, window


def change_check(
    policy: Policy, scene: Scene, device: str, at: datetime, wanted: datetime | None, end: datetime, tally: Tally
) -> None:
    """The next change from one second, asked for the first time and again, and how long that took."""
    week = Week(policy, scene.zone)
    # A microsecond earlier the same is to come, and nothing is known of it yet.
    earlier = at - timedelta(microseconds=1)
    for times, moment in ((tally.fresh_us, at), (tally.ready_us, earlier), (tally.again_us, at)):
        begun = time.perf_counter_ns()
        found = week.next_change(device, moment)
        times.append((time.perf_counter_ns() - begun) / 1000)
        if (found if found is None or found < end else None) != wanted:
            tally.mismatches.append(f"{scene.zone.key} {device}: after {at} it is {found}, not {wanted}; {policy}")


def turn_check(week: Week, scene: Scene, device: str, at: datetime, held: list[Held], tally: Tally) -> None:
    """When it is first the other way round: allowed where it was not, or no longer."""
    place = (at - scene.start) // MINUTE
    turns = (other for other in range(place + 1, len(held)) if held[other][0] is not held[place][0])
    wanted = next((scene.start + other * MINUTE for other in turns), None)
    found = week.next_turn(device, at)
    if (found if found is None or found < scene.start + len(held) * MINUTE else None) != wanted:
        tally.mismatches.append(f"{scene.zone.key} {device}: turns after {at} at {found}, not {wanted}; {week.policy}")


def decide_check(
    generator: random.Random, scene: Scene, policy: Policy, device: str, held: list[Held], place: int, tally: Tally
) -> None:
    """What is decided in one minute, and until when, with up to two words of the owner."""
    now = scene.start + place * MINUTE
    kinds = (OverrideKind.PAUSE, OverrideKind.FINISH, OverrideKind.CONTRIBUTE, OverrideKind.STOP)
    words = [
        Override(
            kind=generator.choice(kinds),
            devices=generator.choice(((), (device,), ("gpu:9",))),
            at=now - number * MINUTE,
            until=generator.choice((None, now + generator.randint(1, 2000) * MINUTE)),
        )
        for number in range(generator.choice((0, 0, 1, 2)))
    ]
    overrides = tuple(reversed(words))  # the last said comes last
    situation = Situation(devices=(DeviceFact(device=device, works=True),))
    decision = decide(policy, scene.zone, now, situation, overrides).devices[0]

    said = owners_word(overrides, device, now)
    expiries = {(each.until - scene.start) // MINUTE for each in overrides if each.until is not None}
    until = None
    for at in range(place + 1, len(held)):
        # What goes on under another word of the same kind does not end.
        if at in expiries and kind_of(owners_word(overrides, device, scene.start + at * MINUTE)) is not kind_of(said):
            until = scene.start + at * MINUTE
            break
        counts = said is None or said.kind is OverrideKind.CONTRIBUTE
        if counts and differ(held[at], held[place]):
            until = scene.start + at * MINUTE
            break
    state = {
        None: Contribution.CONTRIBUTING if held[place][0] else Contribution.IDLE,
        OverrideKind.CONTRIBUTE: Contribution.CONTRIBUTING,
        OverrideKind.FINISH: Contribution.DRAINING,
    }.get(said.kind if said else None, Contribution.PAUSED)
    end = scene.start + len(held) * MINUTE
    found = decision.until if decision.until is None or decision.until < end else None
    if (decision.state, found) != (state, until):
        tally.mismatches.append(
            f"{scene.zone.key} {device} {now}: {decision.state} until {found}, not {state} until {until}; "
            f"{overrides} {policy}"
        )


def owners_word(overrides: tuple[Override, ...], device: str, at: datetime) -> Override | None:
    """The word that holds: a stop before all, then the latest."""
    mine = [each for each in overrides if each.covers(device) and (each.until is None or each.until > at)]
    return max(mine, key=lambda each: (each.kind is OverrideKind.STOP, each.at), default=None)


def kind_of(word: Override | None) -> OverrideKind | None:
    """What it says."""
    return None if word is None else word.kind


def night_check(scene: Scene, tally: Tally) -> None:
    """How long the nights of a scene are, from 22:00 to 06:00 on the wall."""
    policy = Policy(windows=(Window(days=tuple(range(7)), start_minute=1320, end_minute=360),))
    week = week_of(policy, scene.zone)
    end = scene.start + len(scene.walls) * MINUTE
    edges = list(week.changes("gpu:0", scene.start, end))
    is_night = [not 360 <= wall % A_DAY < 1320 for wall in scene.walls]
    flips = [at for at in range(1, len(is_night)) if is_night[at] != is_night[at - 1]]
    if edges != [scene.start + at * MINUTE for at in flips]:
        tally.mismatches.append(f"{scene.zone.key}: nights of {scene.start} change at {edges}")
    for begin, stop in pairwise(edges):
        if week.standing("gpu:0", begin).allows:
            tally.nights[(stop - begin) // MINUTE] += 1


if __name__ == "__main__":
    sys.exit(main())
