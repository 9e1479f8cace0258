"""``netmind workload add`` and ``remove``: the owner's file changed as its owner, comments and layout kept."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netmind_tui.cli import diagnostics, output
from netmind_tui.cli.workload_name import Name
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

# What the functions below need is imported inside them: see cli/node_line.py.
if TYPE_CHECKING:
    from netmind_tui.cli.workload_place import Place
    from netmind_tui.model.workload import Workload
    from netmind_tui.node.work.edit import Value

_SELFTEST = "netmind-selftest"
_USUAL_LOAD = 50
_ABOUT_THE_AGENT = "workload-root"
_USUAL_FOLDERS = ("/usr/local/bin", "/usr/bin")
_OPTIONS = {"environment": "--env", "stop": "--stop-command", "is_on": "--off", "command": "COMMAND"}
_LINE = "A command line in quotes: "


def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is called, or netmind-selftest.")],
    command: Annotated[
        list[str] | None, typer.Argument(metavar="[-- COMMAND...]", help="The program and its arguments, after --.")
    ] = None,
    *,
    load: Annotated[
        int | None, typer.Option(min=1, max=100, help="Of netmind-selftest: how much of the time, in per cent.")
    ] = None,
    container: Annotated[str | None, typer.Option(metavar="RUNTIME", help="A container: of docker or podman.")] = None,
    image: Annotated[str | None, typer.Option(help="Of a container: what it is made of.")] = None,
    options: Annotated[str | None, typer.Option(help=f"Of a container: what its run is given. {_LINE}")] = None,
    unit: Annotated[str | None, typer.Option(metavar="SERVICE", help="A service of systemd in its place.")] = None,
    manager: Annotated[str | None, typer.Option(help="Of a unit: system (unless given) or user.")] = None,
    devices: Annotated[
        list[str] | None, typer.Option(help="gpu:0, gpu:0-3, gpu, cpu; repeatable; every GPU unless given.")
    ] = None,
    one: Annotated[bool, typer.Option("--one", help="One for all of its devices, and not one for each.")] = False,
    folder: Annotated[str | None, typer.Option(metavar="PATH", help="Where it is started.")] = None,
    env: Annotated[list[str] | None, typer.Option(metavar="NAME=VALUE", help="A variable; repeatable.")] = None,
    grace: Annotated[str | None, typer.Option(metavar="TIME", help="How long it may take to end: 20s.")] = None,
    longest: Annotated[str | None, typer.Option(metavar="TIME", help="How long a piece of its work takes: 2h.")] = None,
    lead: Annotated[
        str | None, typer.Option(metavar="TIME", help="Nothing starts so near the end of a window: 10m.")
    ] = None,
    nice: Annotated[int | None, typer.Option(help="Its niceness, from 0 to 19, which is so unless given.")] = None,
    memory: Annotated[str | None, typer.Option(metavar="SIZE", help="The most host memory: 8 GiB.")] = None,
    restart: Annotated[str | None, typer.Option(help="After it ended: always, on-failure, never.")] = None,
    suspend: Annotated[str | None, typer.Option(help=f"{_LINE}what holds it, in place of a signal.")] = None,
    resume: Annotated[str | None, typer.Option(help=f"{_LINE}what lets it go on.")] = None,
    finish: Annotated[str | None, typer.Option(help=f"{_LINE}what has it take nothing new.")] = None,
    stop_command: Annotated[str | None, typer.Option(help=f"{_LINE}what ends it, in place of a signal.")] = None,
    health: Annotated[str | None, typer.Option(help=f"{_LINE}what ends with 0 while all is well.")] = None,
    health_every: Annotated[str | None, typer.Option(metavar="TIME", help="How often that is asked: 60s.")] = None,
    health_timeout: Annotated[str | None, typer.Option(metavar="TIME", help="How long it may take: 10s.")] = None,
    log: Annotated[str | None, typer.Option(metavar="SIZE", help="How large one of its logs grows: 1 MiB.")] = None,
    logs: Annotated[int | None, typer.Option(help="How many of them are kept: 3.")] = None,
    off: Annotated[bool, typer.Option("--off", help="It starts only when you say netmind workload start.")] = False,
) -> None:
    """Write a workload down: netmind workload add boinc --devices cpu -- boinc --dir /var/lib/boinc."""
    words = list(command or [])
    if load is not None and (words or container or unit):
        raise Problem("--load is of netmind-selftest alone: leave it or the command out", ExitCode.USAGE)
    if load is not None or (name == _SELFTEST and not (words or container or unit)):
        words = [_selftest(), "--load", str(load or _USUAL_LOAD)]
    elif name == _SELFTEST and words and words[0].startswith("-"):
        words = [_selftest(), *words]  # its own options, after --
    row: dict[str, Value | None] = {
        "container": container,
        "image": image,
        "options": _split("--options", options),
        "unit": unit,
        "manager": manager,
        "command": words or None,
        "devices": list(devices) if devices else None,
        "instances": "one" if one else None,
        "folder": folder,
        "environment": _variables(env) if env else None,
        "grace": grace,
        "longest": longest,
        "lead": lead,
        "nice": nice,
        "memory": memory,
        "restart": restart,
        "suspend": _split("--suspend", suspend),
        "resume": _split("--resume", resume),
        "finish": _split("--finish", finish),
        "stop": _split("--stop-command", stop_command),
        "health": _split("--health", health),
        "health_every": health_every,
        "health_timeout": health_timeout,
        "log": log,
        "logs": logs,
        "on": False if off else None,
    }
    _add(name, {key: value for key, value in row.items() if value is not None})


def remove(name: Name) -> None:
    """Take a workload out of the file; a running one ends within its grace."""
    from netmind_tui.cli.workload_place import all_faults, find_place, refuse_stranger  # noqa: PLC0415 - see above
    from netmind_tui.node.work.edit import without_workload, write  # noqa: PLC0415 - see above
    from netmind_tui.node.work.file import read_source  # noqa: PLC0415 - see above

    with all_faults():
        place = find_place()
        refuse_stranger(place.path)
        before = read_source(place.path, place.user().uid)
        write(before, without_workload(before, name))
        output.line("removed")
        _say_whose(place, "ends it now")


def _add(name: str, row: "dict[str, Value]") -> None:
    from netmind_tui.cli.workload_place import all_faults, find_place, refuse_stranger  # noqa: PLC0415 - see above
    from netmind_tui.node.work.edit import check_place, with_workload, write  # noqa: PLC0415 - see above
    from netmind_tui.node.work.file import read_source  # noqa: PLC0415 - see above

    made = _made(name, row)
    with all_faults():
        place = find_place()
        refuse_stranger(place.path)
        user = place.user()
        before = read_source(place.path, user.uid)
        if before.data is None:
            check_place(place.path, user.uid)
        write(before, with_workload(before, name, row))
        output.line("added")
        _warn(made, place)
        _say_whose(place, "takes it up at once" if made.is_on else f"waits for netmind workload start {name}")


def _made(name: str, row: "dict[str, Value]") -> "Workload":
    """The workload, before anything is written.

    Raises:
        Problem: something cannot be; the others are said too, each in its line and by its option.
    """
    from netmind_tui.node.work.parse import KEYS, parse_workload  # noqa: PLC0415 - see above

    made, faults = parse_workload(name, row)
    if made is not None:
        return made
    said = []
    for fault in faults:
        key, _, sentence = fault.removeprefix(".").partition(": ")
        option = _OPTIONS.get(key, f"--{key.replace('_', '-')}") if key in KEYS else "NAME"
        said.append(f"{option}: {sentence}")
    for sentence in said[:-1]:
        diagnostics.fail(sentence)
    raise Problem(said[-1], ExitCode.USAGE)


def _warn(workload: "Workload", place: "Place") -> None:
    """Say what would keep it from running, which may be mended afterwards."""
    from dataclasses import replace  # noqa: PLC0415 - see above

    from netmind_tui.cli.workload_check import ask  # noqa: PLC0415 - see above
    from netmind_tui.model.finding import Status  # noqa: PLC0415 - see above
    from netmind_tui.node.work.check import check  # noqa: PLC0415 - see above

    path, made = place.path_of_programs(), [replace(workload, devices=())]
    for each in check(made, place.user(), (), ask=ask, path=path, file=place.path):
        if each.status is not Status.PASS and each.id != _ABOUT_THE_AGENT:
            diagnostics.warn(f"{each.title}{f'; {each.remediation}' if each.remediation else ''}")


def _say_whose(place: "Place", does: str) -> None:
    """Say what follows from the change."""
    if place.is_obeyed:
        diagnostics.say(f"netmind: {place.path}: the agent {does}")
    elif place.silence is not None:
        diagnostics.warn(f"{place.path}: whether an agent obeys it is not known: {place.silence}")
    elif place.client is not None:
        diagnostics.warn(f"{place.path}: the agent that runs here obeys another file: netmind workload list names it")
    else:
        diagnostics.say(f"netmind: {place.path}: no agent runs; one that does will obey it: netmind agent run")


def _selftest() -> str:
    """The bundled program: by its name where every agent finds it so, or by where it lies beside this one."""
    beside = Path(sys.executable).with_name(_SELFTEST)
    is_usual = any((Path(folder) / _SELFTEST).exists() for folder in _USUAL_FOLDERS)
    return str(beside) if not is_usual and beside.exists() else _SELFTEST


def _split(option: str, line: str | None) -> list[str] | None:
    """A command line as words."""
    if line is None:
        return None
    try:
        return shlex.split(line)
    except ValueError as error:
        raise Problem(f"{option}: {line[:80]!r} is no command line: {str(error).lower()}", ExitCode.USAGE) from None


def _variables(given: list[str]) -> dict[str, str]:
    found = {}
    for each in given:
        name, sign, value = each.partition("=")
        if not sign:
            raise Problem(f"--env: expected NAME=VALUE, found {each[:80]!r}", ExitCode.USAGE)
        found[name] = value
    return found
