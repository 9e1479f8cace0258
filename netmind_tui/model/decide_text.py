"""What a guard says to people: why it denies, what ends it, what it cannot see. No times of day: those come later."""

from netmind_tui.model.policy import Guard, GuardKind, OnUnknown
from netmind_tui.model.situation import GuardFact

_HOUR_S, _MINUTE_S = 3600, 60
_VERBS = frozenset({"has", "is", "did", "may", "lost", "needs", "ended", "answers", "cannot"})
# With a value, without one, and how the limit follows.
_DENIES = {
    GuardKind.BATTERY: ("{value}", "on battery", ", below {limit}"),
    GuardKind.TEMPERATURE: ("{device} {value}", "{device} is hot", " over {limit}"),
    GuardKind.USER_ACTIVE: ("somebody is at this machine: {value}", "somebody is at this machine", ""),
    GuardKind.GPU_IN_USE: ("{device} is used by others: {value}", "{device} is used by others", ", over {limit}"),
    GuardKind.EXCLUSIVE: ("{value}", "a program runs that wants this machine for itself", ""),
    GuardKind.PRICE: ("power costs {value}", "power costs too much", ", over {limit}"),
    GuardKind.PROFIT: ("work would bring {value}", "work would bring too little", ", under {limit}"),
    GuardKind.CPU_BUSY: ("processor busy: {value}", "others keep the processor busy", ", over {limit}"),
    GuardKind.DISK: ("{value}", "little disk space is free", ", under {limit}"),
    GuardKind.ENERGY: ("{value}", "the energy of the day is used up", ", over {limit}"),
}
_ENDS = {
    GuardKind.BATTERY: "once on mains, or charged to {limit}",
    GuardKind.TEMPERATURE: "once {device} is at {cool} or under",
    GuardKind.USER_ACTIVE: "once nobody has touched it for {away}",
    GuardKind.GPU_IN_USE: "once others use {limit} or less of {device}",
    GuardKind.EXCLUSIVE: "once it has ended",
    GuardKind.PRICE: "once power costs {limit} or less",
    GuardKind.PROFIT: "once work would bring {limit} or more",
    GuardKind.CPU_BUSY: "once others need {limit} or less of the processor",
    GuardKind.DISK: "once {limit} are free",
    GuardKind.ENERGY: "once the next day begins",
}
_RULES = {
    GuardKind.BATTERY: "on battery, below {limit}",
    GuardKind.TEMPERATURE: "hotter than {limit}",
    GuardKind.USER_ACTIVE: "somebody at this machine",
    GuardKind.GPU_IN_USE: "others on the GPU, over {limit}",
    GuardKind.EXCLUSIVE: "programs that want this machine for themselves",
    GuardKind.PRICE: "power over {limit}",
    GuardKind.PROFIT: "work that would bring less than {limit}",
    GuardKind.CPU_BUSY: "others on the processor, over {limit}",
    GuardKind.DISK: "less disk space than {limit}",
    GuardKind.ENERGY: "more energy a day than {limit}",
}
_SEES = {
    GuardKind.BATTERY: "whether this machine runs on its battery",
    GuardKind.TEMPERATURE: "how hot {device} is",
    GuardKind.USER_ACTIVE: "whether somebody is at this machine",
    GuardKind.GPU_IN_USE: "whether others use {device}",
    GuardKind.EXCLUSIVE: "which programs run",
    GuardKind.PRICE: "what power costs",
    GuardKind.PROFIT: "what work would bring",
    GuardKind.CPU_BUSY: "how busy others keep the processor",
    GuardKind.DISK: "how much disk space is free",
    GuardKind.ENERGY: "how much energy was used today",
}
# What holds for a while before it counts says so; a price or a charge counts at once.
_HELD = {
    GuardKind.TEMPERATURE,
    GuardKind.USER_ACTIVE,
    GuardKind.GPU_IN_USE,
    GuardKind.EXCLUSIVE,
    GuardKind.CPU_BUSY,
}


def denial(guard: Guard, device: str, fact: GuardFact) -> str:
    """Why it denies: ``gpu:0 81 °C over 80 °C``."""
    valued, plain, limited = _DENIES[guard.kind]
    text = valued if fact.value else plain
    text += limited if fact.value and fact.limit else ""
    return text.format(device=fact.device or device, value=fact.value, limit=fact.limit)


def rule(guard: Guard, fact: GuardFact) -> str:
    """What it denies at any time: ``hotter than 80 °C``."""
    return _RULES[guard.kind].format(limit=fact.limit or "its limit")


def condition(guard: Guard, device: str, fact: GuardFact) -> str:
    """What ends it, in words; durations and limits as the guard has them."""
    limit = fact.limit or "its limit"
    known = guard.limit is not None
    text = _ENDS[guard.kind].format(
        device=fact.device or device,
        limit=limit,
        cool=f"{(guard.limit or 0.0) - guard.margin:g} °C" if known else limit,
        away=duration(guard.limit or 0.0) if known else limit,
    )
    return text + (f" for {duration(guard.leave_s)}" if guard.leave_s and guard.kind in _HELD else "")


def blind(guard: Guard, device: str, fact: GuardFact) -> str:
    """That it cannot see, why, and what follows from that."""
    what = _SEES[guard.kind].format(device=fact.device or device)
    runs = guard.on_unknown is OnUnknown.RUN and not fact.was_known
    follows = "runs nevertheless, as you answered" if runs else "waits"
    return f"cannot tell {what} ({fact.unknown}): {follows}"


def question(guard: Guard, device: str, fact: GuardFact) -> str:
    """What the owner is asked once."""
    what = _SEES[guard.kind].format(device=fact.device or device)
    return f"needs your answer: cannot tell {what} ({fact.unknown}); run nevertheless, or pause?"


def duration(seconds: float) -> str:
    """A duration in the largest unit that says it exactly: ``3 min``, ``90 s``, ``2 h``."""
    for unit_s, unit in ((_HOUR_S, "h"), (_MINUTE_S, "min")):
        if seconds >= unit_s and seconds % unit_s == 0:
            return f"{seconds / unit_s:g} {unit}"
    return f"{seconds:g} s"


def roughly(seconds: float) -> str:
    """A duration to the minute, or to the second below one."""
    return duration(round(seconds / _MINUTE_S) * _MINUTE_S if seconds >= _MINUTE_S else round(seconds))


def loss(device: str, lost: str) -> str:
    """That a device is lost: most causes are clauses whose subject it is, some say already whose they are."""
    if lost.startswith(f"{device} "):
        return lost
    return f"{device} {lost}" if lost.split(" ", 1)[0] in _VERBS else f"{device} is lost: {lost}"
