"""``netmind workload logs``: what a workload wrote, from its agent, or from its files where no agent runs."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from netmind_tui.cli import diagnostics, output
from netmind_tui.cli.node_line import Host, open_line
from netmind_tui.cli.workload_name import Name
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem, nearest

# What the functions below need is imported inside them: see cli/node_line.py.
if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from netmind_tui.model.workload import WorkloadLog
    from netmind_tui.node.control.client import Client

_MOST_LINES = 10_000
_USUAL_LINES = 100
_FOLLOWED_LINES = 2000
_POLL_S = 1.0
_LONGEST = 4096


def logs(
    name: Name,
    *,
    device: Annotated[
        str | None, typer.Option("--device", "-d", help="Of which device's, where it runs once for each.")
    ] = None,
    lines: Annotated[
        int, typer.Option("--lines", "-n", min=1, max=_MOST_LINES, help="How many of the last lines.")
    ] = _USUAL_LINES,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with what it writes, until Ctrl-C or the agent ends.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the document.")] = False,
    host: Host = None,
) -> int:
    """Print the last lines that a workload wrote."""
    if follow and json:
        raise Problem("--follow and --json contradict each other: give one of them", ExitCode.USAGE)
    from netmind_tui.node.control.client import NoAgent  # noqa: PLC0415 - see above

    with ExitStack() as stack:
        try:
            client = stack.enter_context(open_line(host))
        except NoAgent as none:
            if host is not None or not none.is_absent:
                raise
            read = _of_files(name, device)
            diagnostics.warn(f"{none.sentence}; this is what {name} wrote before")
        else:
            read = _of_agent(client, name, device)
        # Followed, every look asks for as many lines: so it can be told which are new.
        first = read(max(lines, _FOLLOWED_LINES) if follow else lines)
        if json:
            from netmind_tui.document import encode_pretty  # noqa: PLC0415 - see above

            output.write(encode_pretty(first))
            return ExitCode.OK
        _print(first, lines)
        if follow:
            _follow(read, first)
    return ExitCode.OK


def fresh(before: Sequence[str], now: Sequence[str]) -> Sequence[str]:
    """The lines that came since: those after the longest end of ``before`` that ``now`` begins with."""
    if list(before) == list(now):
        return ()
    for start in range(max(0, len(before) - len(now)), len(before)):
        length = len(before) - start
        if list(before[start:]) == list(now[:length]):
            return now[length:]
    return now


def _follow(read: "Callable[[int], WorkloadLog]", first: "WorkloadLog") -> None:
    """Print what comes after the first look, until the agent ends."""
    from netmind_tui.node.control.client import NoAgent  # noqa: PLC0415 - see above

    before, dropped = first.lines, first.dropped_bytes
    while True:
        time.sleep(_POLL_S)
        try:
            found = read(max(len(before), _FOLLOWED_LINES))
        except NoAgent:
            diagnostics.say("netmind: the agent ended")
            return
        for line in fresh(before, found.lines):
            output.line(_harmless(line))
        if found.dropped_bytes > dropped:
            diagnostics.warn(f"{found.dropped_bytes} bytes of it were not kept")
        before, dropped = found.lines, found.dropped_bytes


def _print(log: "WorkloadLog", lines: int) -> None:
    for line in log.lines[-lines:]:
        output.line(_harmless(line))
    if log.dropped_bytes:
        diagnostics.warn(f"{log.dropped_bytes} bytes of it were not kept: they came too fast, or the disk was full")
    if not log.lines:
        diagnostics.say(f"netmind: {log.key or log.workload} has written nothing")


def _of_agent(client: "Client", name: str, device: str | None) -> "Callable[[int], WorkloadLog]":
    key = None
    if device is not None:
        found = next((each for each in client.workloads().workloads if each.name == name), None)
        keys = {each.key: each.devices for each in found.instances} if found is not None else {}
        key = _key_of(name, device, keys) if found is not None else None
    return lambda lines: client.workload_log(name, key, lines)


def _key_of(name: str, device: str, keys: "Mapping[str, tuple[str, ...]]") -> str:
    """The instance on a device.

    Raises:
        Problem: there is none.
    """
    for key, devices in keys.items():
        if device in devices or key == f"{name}@{device}":
            return key
    known = list(dict.fromkeys(each for devices in keys.values() for each in devices))
    offer = nearest(device, known) if known else "it has not run yet"
    raise Problem(f"--device {device[:80]}: {name} does not run there; {offer}", ExitCode.UNMEASURED)


def _of_files(name: str, device: str | None) -> "Callable[[int], WorkloadLog]":
    """What an agent that has ended left.

    Raises:
        Problem: it left nothing of that name, or of several devices.
    """
    from netmind_tui.model.workload import WorkloadLog  # noqa: PLC0415 - see above
    from netmind_tui.node.work.log import tail  # noqa: PLC0415 - see above
    from netmind_tui.paths import work_dir  # noqa: PLC0415 - see above

    folder = work_dir()
    keys = {key: (key.partition("@")[2],) for key in _kept(folder.iterdir() if folder.is_dir() else iter(()), name)}
    if not keys:
        raise Problem(f"no agent runs, and {folder} has no log of {name[:80]!r}", ExitCode.UNMEASURED)
    if device is not None:
        key = _key_of(name, device, keys)
    elif len(keys) > 1:
        raise Problem(f"{name} wrote on {', '.join(each for (each,) in keys.values())}: choose one", ExitCode.USAGE)
    else:
        key = next(iter(keys))

    def read(lines: int) -> WorkloadLog:
        kept, dropped = tail(folder / key, lines)
        return WorkloadLog(workload=name, key=key, lines=kept, dropped_bytes=dropped)

    return read


def _kept(folders: "Iterator[Path]", name: str) -> list[str]:
    return sorted(each.name for each in folders if each.name.partition("@")[0] == name and each.is_dir())


def _harmless(line: str) -> str:
    """Without what a terminal would obey."""
    cut = line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
    return "".join(sign if sign.isprintable() or sign == "\t" else "?" for sign in cut)
