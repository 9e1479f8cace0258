"""``netmind log``: what happened to this machine's devices, from the journal of its agent."""

from contextlib import closing
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netmind_tui.cli import diagnostics, output
from netmind_tui.cli.node_line import Host, expanded
from netmind_tui.cli.output import Format
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netmind_tui.cli.log_source import EventSource
    from netmind_tui.model.control import EventQuery
    from netmind_tui.model.event import Event, EventKind

_OFFERED = (Format.TABLE, Format.JSON, Format.JSONL)
_SINCE = timedelta(days=1)


def log(
    devices: Annotated[list[str] | None, typer.Argument(help="gpu:0, gpu:0-3, gpu, cpu …; all unless given.")] = None,
    *,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="From then on: 8h, 18:00, 2026-11-27; a day unless given.")
    ] = None,
    kind: Annotated[list[str] | None, typer.Option("--kind", help="A kind of event; may be repeated.")] = None,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with what happens, until Ctrl-C or the agent ends.")
    ] = False,
    requested: Annotated[
        Format | None, typer.Option("--format", help="table, json or jsonl; a table unless given.")
    ] = None,
    host: Host = None,
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    path: Annotated[Path | None, typer.Option("-o", "--output", help="Write to a file instead of stdout.")] = None,
) -> int:
    """Say what happened: decisions, overrides, devices lost and back, work, certificates, the agent itself."""
    chosen = output.choose(requested, json=json, offered=_OFFERED)
    if follow and (chosen is Format.JSON or path is not None):
        raise Problem("--follow writes line by line to stdout: give it --format jsonl, or neither", ExitCode.USAGE)
    output.check(path)
    from netmind_tui.cli.log_source import open_source  # noqa: PLC0415 - msgspec, which the parser's errors do without
    from netmind_tui.model.control import EventQuery  # noqa: PLC0415 - see above

    now = datetime.now(UTC)
    query = EventQuery(since=_since(since, now), devices=expanded(devices or []), kinds=_kinds(kind or []))
    with open_source(host) as source:
        if follow:
            _follow(source, query, chosen)
        else:
            output.write(_written(list(source.events(query)), chosen, now, path), path)
    return ExitCode.OK


def _written(events: "list[Event]", chosen: Format, now: datetime, path: Path | None) -> str:
    if chosen is Format.JSON:
        from netmind_tui.document import encode_pretty  # noqa: PLC0415 - as in log
        from netmind_tui.model.agent import Events  # noqa: PLC0415 - as in log

        return encode_pretty(Events(events=tuple(events), next=events[-1].id if events else 0))
    if chosen is Format.JSONL:
        return "".join(_line(event) + "\n" for event in events)
    from netmind_tui.cli.log_view import log_table  # noqa: PLC0415 - 40 ms that only tables need
    from netmind_tui.cli.page import page_for  # noqa: PLC0415 - see above

    return log_table(events, now, page_for(path))


def _follow(source: "EventSource", query: "EventQuery", chosen: Format) -> None:
    """First what happened, then what happens: nothing twice, nothing between them left out."""
    from dataclasses import replace  # noqa: PLC0415 - as in log

    from netmind_tui.cli.log_view import log_line  # noqa: PLC0415 - as in log

    last = 0

    def shown(events: "Iterator[Event]") -> None:
        nonlocal last
        for event in events:
            if event.id > last:
                output.line(_line(event) if chosen is Format.JSONL else log_line(event))
                last = event.id

    shown(source.events(query))
    rest = replace(query, after=last, since=None if last else query.since)
    stream = source.follow(rest)
    with closing(stream):  # type: ignore[type-var] # both sources give generators
        shown(stream)
    diagnostics.say("netmind: the agent ended")


def _line(event: "Event") -> str:
    from netmind_tui.document import encode  # noqa: PLC0415 - as in log
    from netmind_tui.model.event import EventDocument  # noqa: PLC0415 - as in log

    return encode(EventDocument(**{each.name: getattr(event, each.name) for each in fields(event)})).decode()


def _since(text: str | None, now: datetime) -> datetime:
    if text is None:
        return now - _SINCE
    from netmind_tui.cli.moment import Tense, read_moment  # noqa: PLC0415 - as in log

    return read_moment(text, now, option="--since", tense=Tense.PAST)


def _kinds(names: list[str]) -> "tuple[EventKind, ...]":
    from netmind_tui.model.event import EventKind  # noqa: PLC0415 - as in log

    known = [kind.value for kind in EventKind]
    for name in names:
        if name not in known:
            raise Problem(f"--kind {name}: there is no such event; {nearest(name, known)}", ExitCode.USAGE)
    return tuple(EventKind(name) for name in names)
