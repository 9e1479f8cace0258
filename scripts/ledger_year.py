"""A year of work booked as an agent books it, against the same year reckoned apart from it, to the last minor unit.

Two cards and a processor work, stand still and are ready, in pieces as the meter cuts them, over a whole year of
Berlin's clock: with its days of 23 and 25 hours, with prices below nothing, with a rate that changes and one in a token
of 18 decimals. The real parts book it: the meter's file, rate card, tariff, energy, ledger. This script then reckons
the same from the files alone, with fractions. Ends with 1 if anything differs.
"""

import argparse
import csv
import os
import random
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from math import floor, sin, tau
from pathlib import Path
from zoneinfo import ZoneInfo

from netmind_tui.ledger.reader import Reader
from netmind_tui.ledger.verify import verify
from netmind_tui.model.ledger import Account
from netmind_tui.model.metering import Activity, EnergyMethod, Interval
from netmind_tui.node.meter.store import Store
from netmind_tui.node.money.booking import Basis
from netmind_tui.node.money.bookkeeper import Bookkeeper
from netmind_tui.node.money.rulebook import read_rulebook

BERLIN = ZoneInfo("Europe/Berlin")
FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)
TURN = datetime(2026, 7, 1, tzinfo=UTC)
"""From then on the second card is paid in a token, and the first by a higher rate."""
SLOT = timedelta(minutes=15)
DEVICES = {"gpu:0": "GPU-00000000-0000-0000-0000-000000000000", "gpu:1": "GPU-11111111-1111-1111-1111-111111111111"}
WATTS = {"gpu:0": (62, 410), "gpu:1": (48, 390), "cpu": (40, 150)}
"""What each draws idle and under load, as its owner declares it."""
EUR = (Fraction("0.2173"), Fraction("0.2391"))
NMT = Fraction("1.234567890123456789")
_RATES = """
[[rate]]
per = "device-hour"
amount = "0.2173 EUR"
from = 2025-12-01
[[rate]]
per = "device-hour"
amount = "0.2391 EUR"
from = 2026-07-01
[[rate]]
per = "device-hour"
device = "{uuid}"
amount = "1.234567890123456789 NMT"
from = 2026-07-01
"""
_CONFIG = """
[electricity]
tariff = "{tariff}"
[device."gpu:0"]
idle_watts = 62
watts = 410
[device."gpu:1"]
idle_watts = 48
watts = 390
[device.cpu]
idle_watts = 40
watts = 150
"""
_BANDS = """
zone = "Europe/Berlin"
currency = "EUR"
price = "0.3299"
holidays = ["01-01", "12-25", "12-26"]
holidays_are = "sun"
[[band]]
name = "night"
price = "0.2199"
from = "22:00"
to = "06:20"
[[band]]
name = "noon"
price = "-0.0150"
from = "12:00"
to = "14:40"
days = "sun"
"""
_US = timedelta.resolution
Key = tuple[str, Account, str]
Price = Callable[[datetime, datetime], list[tuple[Fraction, Fraction]]]
"""Of a time, its parts (of 1) with the price of each."""


@dataclass(slots=True)
class Told:
    """What a year came to, in minor units by device, account and asset, and what speaks against it."""

    entries: int = 0
    sums: dict[Key, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    took_s: float = 0.0


def days() -> Iterator[tuple[date, datetime, datetime]]:
    """Each day of the year, from midnight to midnight of Berlin's clock."""
    day = FIRST
    while day <= LAST:
        after = day + timedelta(days=1)
        yield day, _midnight(day), _midnight(after)
        day = after


def write_slots(path: Path) -> None:
    """A day-ahead tariff in quarters of an hour, in EUR per MWh, by Berlin's clock, as exchanges publish it."""
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("start", "end", "price", "currency", "per"))
        dice = random.Random(9)
        for day, start, end in days():
            summer = sin(tau * (day.timetuple().tm_yday - 80) / 365)
            at = start
            while at < end:
                local = at.astimezone(BERLIN)
                sun = max(0.0, sin(tau * (local.hour + local.minute / 60 - 6) / 24))
                price = 95 - 90 * sun * (1 + summer) + dice.uniform(-9, 9)
                until = (at + SLOT).astimezone(BERLIN)
                rows.writerow((local.isoformat(), until.isoformat(), f"{price:.2f}", "EUR", "MWh"))
                at += SLOT


def worked(share: float, seed: int = 4) -> list[Interval]:
    """What the meter would write, in its order: each device does something else now and then.

    Args:
        share: of each day, so much of it; of those on which clocks are set at least five hours.
        seed: of the dice.
    """
    found = sorted(_worked(share, random.Random(seed)), key=lambda each: each.end)
    return [replace(each, id=f"{'a' * 16}-{number}") for number, each in enumerate(found, 1)]


def _worked(share: float, dice: random.Random) -> Iterator[Interval]:
    for _, start, end in days():
        # The hours in which clocks are set are always worked.
        length = max((end - start) * share, timedelta(hours=5) if end - start != timedelta(days=1) else timedelta(0))
        for device, uuid in (*DEVICES.items(), ("cpu", None)):
            spare = timedelta(0) if end - start != timedelta(days=1) else (end - start) - length
            at = start + spare * dice.random()
            until = at + length
            while at < until:
                activity = dice.choice(
                    (Activity.WORK, Activity.WORK, Activity.READY, Activity.ENDING, Activity.SUSPENDED)
                )
                stop = min(until, at + timedelta(milliseconds=dice.randrange(1_000, 7_200_000)))
                while at < stop:
                    cut = min(stop, _slot_end(at))
                    yield _piece(dice, device, uuid, activity, at, cut)
                    at = cut


def expected(intervals: list[Interval], price: Price) -> Told:
    """The year reckoned from the intervals and the files alone."""
    exact: dict[Key, Fraction] = defaultdict(Fraction)
    thread_mw = (WATTS["cpu"][1] - WATTS["cpu"][0]) * 1000 // (os.cpu_count() or 1)
    for place, each in enumerate(intervals):
        idle_w, load_w = WATTS[each.device]
        if each.energy_j is not None:
            energy_mj, energy_ms = round(each.energy_j * 1000), each.energy_ms
        else:
            runs = each.activity in (Activity.WORK, Activity.ENDING)
            energy_mj, energy_ms = (load_w if runs else idle_w) * each.duration_ms, each.duration_ms
        if each.device == "cpu" and each.activity in (Activity.WORK, Activity.ENDING):
            # What the processor drew for the cards' work is booked there.
            lent_mj = sum(_common_mj(other, each, thread_mw) for other in intervals[max(0, place - 200) : place])
            energy_mj -= min(lent_mj, energy_mj - idle_w * energy_ms)
        idle_mj = energy_mj if each.activity is Activity.READY else min(energy_mj, idle_w * energy_ms)
        host_mj = _host_mj(each, thread_mw)
        kwh = {
            Account.ENERGY_MARGINAL: Fraction(energy_mj - idle_mj, 3_600_000_000),
            Account.ENERGY_IDLE: Fraction(idle_mj, 3_600_000_000),
            Account.ENERGY_HOST: Fraction(host_mj, 3_600_000_000),
        }
        mean = sum((part * of for part, of in price(each.start, each.end)), Fraction(0))
        for account, amount in kwh.items():
            exact[each.device, account, "EUR"] += amount * mean
        if each.activity in (Activity.WORK, Activity.ENDING):
            hours = Fraction(each.duration_ms, 3_600_000)
            is_late = each.start >= TURN
            if each.device == "gpu:1" and is_late:
                exact[each.device, Account.CLAIM_OPEN, "NMT"] += hours * NMT
            else:
                exact[each.device, Account.CLAIM_OPEN, "EUR"] += hours * EUR[is_late]
    units = {"EUR": 10**2, "NMT": 10**18}
    found = {key: floor(amount * units[key[2]]) for key, amount in exact.items()}
    return Told(entries=len(intervals), sums={key: minor for key, minor in found.items() if minor})


def _host_mj(interval: Interval, thread_mw: int) -> int:
    """What a card's work took of the processor, above idle."""
    return floor(Fraction(thread_mw * round((interval.cpu_s or 0) * 1000), 1000) + Fraction(1, 2))


def _common_mj(card: Interval, cpu: Interval, thread_mw: int) -> int:
    """The part of that which falls into a time of the processor's own work."""
    common = min(card.end, cpu.end) - max(card.start, cpu.start)
    if card.cpu_s is None or common <= timedelta(0):
        return 0
    return floor(Fraction(_host_mj(card, thread_mw) * (common // _US), (card.end - card.start) // _US))


def price_of_slots(path: Path) -> Price:
    """What the file of slots says, read here and nowhere else."""
    with path.open(newline="") as file:
        table = {
            datetime.fromisoformat(row["start"]).astimezone(UTC): Fraction(row["price"]) / 1000
            for row in csv.DictReader(file)
        }

    def price(start: datetime, end: datetime) -> list[tuple[Fraction, Fraction]]:
        begin = start - (start - datetime(1970, 1, 1, tzinfo=UTC)) % SLOT
        assert end <= begin + SLOT  # noqa: S101 - the meter cuts them so
        return [(Fraction(1), table[begin])]

    return price


def price_of_bands(start: datetime, end: datetime) -> list[tuple[Fraction, Fraction]]:
    """What the bands say, minute by minute of Berlin's clock."""
    found, at = [], start
    while at < end:
        until = min(end, at.replace(second=0, microsecond=0) + timedelta(minutes=1))
        local = at.astimezone(BERLIN)
        clock = (local.hour, local.minute)
        is_sunday = local.weekday() == 6 or (local.month, local.day) in ((1, 1), (12, 25), (12, 26))
        if clock >= (22, 0) or clock < (6, 20):
            price = Fraction("0.2199")
        elif is_sunday and (12, 0) <= clock < (14, 40):
            price = Fraction("-0.0150")
        else:
            price = Fraction("0.3299")
        found.append((Fraction((until - at) // timedelta.resolution, (end - start) // timedelta.resolution), price))
        at = until
    return found


def booked(folder: Path, intervals: list[Interval], tariff: Path) -> Told:
    """The year booked by the real parts, and read from the ledger."""
    ledger = folder / "state" / "netmind" / "ledger" / "ledger.db"
    with _owner(folder, tariff), closing(Store(folder / "meter.db")) as store:
        for begin in range(0, len(intervals), 5000):
            store.put(intervals[begin : begin + 5000], {})
        book = read_rulebook()
        book.tariff.refresh(datetime(2027, 1, 1, tzinfo=UTC))
        basis = Basis(
            node="ed25519:" + "0" * 64,
            rates=book.rates,
            tariff=book.tariff,
            power=book.power([]),
            asset_of=book.assets.asset,
        )
        keeper = Bookkeeper(ledger, store, lambda: basis, lambda: datetime(2027, 1, 1, tzinfo=UTC), lambda _told: None)
        began = time.perf_counter()
        keeper.book()
        found = Told(entries=keeper.standing.entries, took_s=time.perf_counter() - began)
        keeper.close()
    if keeper.standing.problem is not None:
        found.faults.append(keeper.standing.problem)
    with closing(Reader(ledger)) as reader:
        for each in reader.figures(by="device"):
            for (account, asset), minor in each.balances.items():
                if minor and account not in (Account.CLAIM_METERED, Account.ENERGY_OWED):
                    found.sums[str(each.group.device), account, asset.code] = minor
        found.faults += _of_calendar(reader)
        outcome = verify(reader)
    if not outcome.is_sound:
        found.faults.append(f"the ledger does not hold: {outcome}")
    return found


def compared(wanted: Told, found: Told) -> list[str]:
    """Where both differ."""
    faults = list(found.faults)
    if wanted.entries != found.entries:
        faults.append(f"{wanted.entries} intervals, and {found.entries} entries")
    keys = sorted({*wanted.sums, *found.sums})
    both = [(key, found.sums.get(key, 0), wanted.sums.get(key, 0)) for key in keys]
    return [*faults, *(f"{' '.join(key)}: {one} booked, {other} reckoned" for key, one, other in both if one != other)]


def simulated(folder: Path, tariff: str, share: float) -> tuple[Told, list[str]]:
    """One year under one tariff (``slots`` or ``bands``): what was booked, and where it is wrong."""
    path = folder / f"{tariff}.{'csv' if tariff == 'slots' else 'toml'}"
    if tariff == "slots":
        write_slots(path)
        price = price_of_slots(path)
    else:
        path.write_text(_BANDS)
        price = price_of_bands
    intervals = worked(share)
    found = booked(folder, intervals, path)
    return found, compared(expected(intervals, price), found)


def _of_calendar(reader: Reader) -> list[str]:
    """Whether the days of the year, those of 23 and 25 hours too, come to the year."""
    (whole,) = reader.figures()
    sums: dict[tuple[Account, object], int] = defaultdict(int)
    length_ms = 0
    for _, start, end in days():
        (figures,) = reader.figures(start, end)
        length_ms += sum(each.duration_ms for each in figures.used)
        for key, minor in figures.balances.items():
            sums[key] += minor
    faults = []
    if {key: minor for key, minor in sums.items() if minor} != {k: v for k, v in whole.balances.items() if v}:
        faults.append("the days do not come to the year")
    if length_ms != sum(each.duration_ms for each in whole.used):
        faults.append("the hours of the days do not come to those of the year")
    return faults


def _piece(
    dice: random.Random, device: str, uuid: str | None, activity: Activity, start: datetime, end: datetime
) -> Interval:
    ms = (end - start) // timedelta(milliseconds=1)
    start = start.replace(microsecond=start.microsecond // 1000 * 1000)
    end = start + timedelta(milliseconds=ms)
    idle_w, load_w = WATTS[device]
    is_busy = activity in (Activity.WORK, Activity.ENDING)
    known_ms = ms if dice.random() > 0.02 else ms // 2  # now and then a reading is missing
    # Noise: idle power is sometimes below what was declared.
    watts = dice.uniform(0.9 * load_w, load_w) if is_busy else idle_w * dice.uniform(0.97, 1.05)
    is_read = device != "cpu" and known_ms > 0
    return Interval(
        id="",
        device=device,
        uuid=uuid,
        activity=activity,
        workload=None if activity is Activity.READY else "llm",
        start=start,
        end=end,
        duration_ms=ms,
        cpu_s=round(ms * dice.random() / 1000, 3) if device == "gpu:0" and is_busy else None,
        energy_j=round(watts * known_ms) / 1000 if is_read else None,
        energy_ms=known_ms if is_read else 0,
        energy_method=EnergyMethod.NVML_ENERGY if is_read else None,
        energy_absent=None if is_read and known_ms == ms else "stale",
    )


def _slot_end(at: datetime) -> datetime:
    return at - (at - datetime(1970, 1, 1, tzinfo=UTC)) % SLOT + SLOT


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=BERLIN).astimezone(UTC)


@contextmanager
def _owner(folder: Path, tariff: Path) -> Iterator[None]:
    """The files of an owner, and where this process finds them."""
    (folder / "config.toml").write_text(_CONFIG.format(tariff=tariff))
    (folder / "rates.toml").write_text(_RATES.format(uuid=DEVICES["gpu:1"]))
    given = {
        "NETMIND_CONFIG": str(folder / "config.toml"),
        "NETMIND_RATES": str(folder / "rates.toml"),
        "NETMIND_PRICES": str(folder / "prices.csv"),
        "XDG_STATE_HOME": str(folder / "state"),
        "XDG_CACHE_HOME": str(folder / "cache"),
    }
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _folder(kept: Path | None) -> Iterator[Path]:
    """A new folder, which stays where it is to be kept."""
    if kept is None:
        with tempfile.TemporaryDirectory() as name:
            yield Path(name)
        return
    kept = kept.absolute()
    kept.mkdir(parents=True)
    yield kept


def main() -> int:
    """Both tariffs; a table, and the first differences."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--share", type=float, default=1.0, help="how much of each day is worked (1: all of it)")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep both years there, to be looked at")
    chosen = parser.parse_args()
    is_right = True
    print("| tariff | entries | booked in | claims | energy | differences |\n|---|---|---|---|---|---|")
    for tariff in ("slots", "bands"):
        with _folder(None if chosen.keep is None else chosen.keep / tariff) as folder:
            found, faults = simulated(folder, tariff, chosen.share)
        sums: dict[tuple[bool, str], int] = defaultdict(int)
        for (_, account, asset), minor in found.sums.items():
            sums[account is Account.CLAIM_OPEN, asset] += minor
        claims = f"{sums[True, 'EUR'] / 100:.2f} EUR + {sums[True, 'NMT'] // 10**18} NMT"
        print(
            f"| {tariff} | {found.entries} | {found.took_s:.0f} s | {claims} | {sums[False, 'EUR'] / 100:.2f} EUR |"
            f" {len(faults)} |"
        )
        for each in faults[:10]:
            print(f"- {each}", file=sys.stderr)
        is_right = is_right and not faults
    return 0 if is_right else 1


if __name__ == "__main__":
    sys.exit(main())
