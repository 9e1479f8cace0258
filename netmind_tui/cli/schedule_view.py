"""A policy for people: the week as a picture, its profiles, what is different on which dates, and the guards."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from netmind_tui.cli.page import Page, printed
from netmind_tui.cli.schedule_place import InForce
from netmind_tui.cli.week_view import styles_of, week
from netmind_tui.model.decide_text import duration
from netmind_tui.model.policy import DAYS, Exception_, Guard, GuardKind, Holiday, Limits, Policy
from netmind_tui.model.week_word import exception_words, letters_of, limits_words
from netmind_tui.model.weekplan import any_hours_a_week, hours_a_week, layers, week_cells
from netmind_tui.node.sense.words import limit_words

SHOWN = timedelta(days=60)
_MOST = 20
_ALL = "all devices"
_WATCHES = {
    GuardKind.USER_ACTIVE: "somebody at this machine within {}",
    GuardKind.BATTERY: "on battery below {}",
    GuardKind.TEMPERATURE: "device over {}",
    GuardKind.GPU_IN_USE: "others on the GPU over {}",
    GuardKind.CPU_BUSY: "other load over {}",
    GuardKind.EXCLUSIVE: "programs: {}",
    GuardKind.DISK: "less than {} of disk free",
    GuardKind.ENERGY: "more than {} in a day",
    GuardKind.PRICE: "power over {}",
    GuardKind.PROFIT: "pay under {}",
}
_MARGINS = {
    GuardKind.BATTERY: "{:g} %",
    GuardKind.TEMPERATURE: "{:g} °C",
    GuardKind.CPU_BUSY: "{:g} %",
}
_GIB = 2**30


def table(found: InForce, now: datetime, page: Page) -> str:
    """All of it; ``now`` is on the policy's wall, without a zone."""
    policy = found.document.policy
    blocks: list[RenderableType] = list(_head(found))
    if found.is_nothing:
        return printed(blocks, page)
    letters = letters_of(dict.fromkeys(each.profile or "" for each in policy.windows))
    for devices, windows in layers(policy):
        blocks.append(Text(f"\n{', '.join(devices) or _ALL}" if len(layers(policy)) > 1 else ""))
        blocks += week(week_cells(windows), letters, page.width)
    blocks += [Text(""), *_profiles(policy, letters)]
    blocks += _dates(policy, now)
    blocks += _guards(policy.guards)
    return printed(blocks, page)


def guard_words(guard: Guard) -> str:
    """A guard in one line: when it takes a device away, for how long, and what holds where it cannot see."""
    limit = limit_words(guard) or ""
    if guard.kind is GuardKind.GPU_IN_USE:
        parts = [limit] if guard.limit is not None else []
        limit = " or ".join([*parts, *([f"{guard.util_pct:g} %"] if guard.util_pct is not None else [])])
    words = [_WATCHES[guard.kind].format(limit)]
    if guard.margin:
        margin = _MARGINS.get(guard.kind)
        words.append(f"margin {margin.format(guard.margin) if margin else f'{guard.margin / _GIB:g} GiB'}")
    if guard.enter_s:
        words.append(f"for {duration(guard.enter_s)}")
    if guard.leave_s:
        words.append(f"leaves after {duration(guard.leave_s)}")
    if guard.ignore:
        words.append(f"ignores {', '.join(guard.ignore)}")
    if guard.counts_remote_logins:
        words.append("remote logins too")
    if guard.devices:
        words.append(f"only {', '.join(guard.devices)}")
    words.append(f"gives way: {guard.give_way}")
    words.append(f"unseen: {guard.on_unknown or 'asks you once'}")
    return " · ".join(words)


def changes(before: Policy, after: Policy) -> Iterator[str]:
    """What another policy makes different, a line each: hours a week first."""
    old, new = hours_a_week(before), hours_a_week(after)
    yield f"hours a week: {any_hours_a_week(before):g} -> {any_hours_a_week(after):g}"
    for name in dict.fromkeys((*old, *new)):
        if old.get(name, 0) != new.get(name, 0) and len({*old, *new}) > 1:
            yield f"  {name or 'no profile'}: {old.get(name, 0):g} -> {new.get(name, 0):g}"
    if before.zone != after.zone:
        yield f"zone: {before.zone} -> {after.zone}"
    yield from _counted("exception", before.exceptions, after.exceptions)
    yield from _counted("holiday", before.holidays, after.holidays)
    yield from _counted("profile", before.profiles, after.profiles)
    mine, theirs = ({each.kind: each for each in policy.guards} for policy in (before, after))
    for kind in dict.fromkeys((*mine, *theirs)):
        if mine.get(kind) != theirs.get(kind):
            was, now = (guard_words(each[kind]) if kind in each else "none" for each in (mine, theirs))
            yield f"guard {kind}: {was} -> {now}"


def _counted(what: str, before: Iterable[object], after: Iterable[object]) -> Iterator[str]:
    old, new = list(before), list(after)
    added, gone = sum(each not in old for each in new), sum(each not in new for each in old)
    if added or gone:
        yield f"{what}s: {added} added, {gone} taken out"


def _head(found: InForce) -> Iterator[Text]:
    policy = found.document.policy
    if found.is_nothing:
        yield Text("Nothing ever runs: there is no policy.", style="bold")
        yield Text(f"Write one, then netmind schedule set FILE puts it in {found.path}", style="dim")
        return
    where = f"{found.path}"
    if found.document.text is None:
        where = f"{found.path} is not there: schedule.preset = {found.preset} of the configuration holds"
    yield Text(where, style="bold")
    keeper = "the agent keeps it" if found.client is not None else "no agent runs, so nothing does"
    facts = [policy.zone, f"{any_hours_a_week(policy):g} h a week", f"lead {duration(policy.lead_s)}", keeper]
    yield Text(" · ".join(facts), style="dim")
    if found.refused is not None:
        yield Text(f"the file is not in force, this is the last good one: {found.refused}", style="yellow")


def _profiles(policy: Policy, letters: dict[str, str]) -> Iterator[Text]:
    hours, styles = hours_a_week(policy), styles_of(letters)
    known = {each.name: each.limits for each in policy.profiles}
    for name, letter in letters.items():
        words = f"  {name or 'no profile'}  {hours[name]:g} h a week · {limits_words(known.get(name, Limits()))}"
        yield Text.assemble((letter, styles[letter]), words)
    for name, limits in known.items():
        if name not in letters:
            yield Text(f"   {name}  {limits_words(limits)}", style="dim")


def _dates(policy: Policy, now: datetime) -> Iterator[Text]:
    end = now + SHOWN
    coming = sorted((each for each in policy.exceptions if each.end > now and each.start < end), key=_start)
    if coming:
        yield Text("\nexceptions of the next 60 days", style="bold")
        yield from (Text(f"  {exception_words(each)}") for each in coming[:_MOST])
        if len(coming) > _MOST:
            yield Text(f"  and {len(coming) - _MOST} more", style="dim")
    over = sum(each.end <= now for each in policy.exceptions)
    later = len(policy.exceptions) - len(coming) - over
    if over or later:
        yield Text(f"  beside them {over} that are over and {later} later ones", style="dim")
    if policy.holidays:
        yield Text("\nholidays", style="bold")
        yield from (Text(f"  {_holiday_words(each)}") for each in policy.holidays)


def _guards(guards: Iterable[Guard]) -> Iterator[RenderableType]:
    found = list(guards)
    yield Text("\nguards" if found else "\nno guards: nothing takes a device away within its windows", style="bold")
    grid = Table.grid(padding=(0, 2))
    for guard in found:
        grid.add_row(Text(f"  {guard.kind}"), Text(guard_words(guard), style="dim"))
    yield grid


def _start(exception: Exception_) -> datetime:
    return exception.start


def _holiday_words(holiday: Holiday) -> str:
    year = "every year" if holiday.year is None else str(holiday.year)
    return f"{holiday.month:02d}-{holiday.day:02d} {year}  as {DAYS[holiday.as_day].capitalize()}  {holiday.name}"
