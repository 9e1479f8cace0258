"""``netmind status``: what the agent does now, why, and until when; here, on another machine, or on many."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from netmind_tui.cli import diagnostics, output, watch
from netmind_tui.cli.node_line import open_line
from netmind_tui.cli.page import page_for
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

# What the functions below need is imported inside them: see cli/node_line.py.
if TYPE_CHECKING:
    from netmind_tui.cli.fleet import Answered
    from netmind_tui.model.agent import Status

_HOME_AND_CLEAR = "\x1b[H\x1b[J"
_Show = Callable[[], ExitCode]


def status(
    *,
    json: Annotated[bool, typer.Option("--json", help="Print the document; with several hosts one a line.")] = False,
    line: Annotated[bool, typer.Option("--one-line", help="One short line for a prompt or a status bar.")] = False,
    watching: Annotated[bool, typer.Option("--watch", help="Go on until interrupted.")] = False,
    interval: Annotated[
        float | None,
        typer.Option(min=watch.SHORTEST_S, max=watch.LONGEST_S, help="Seconds between two looks; 1 unless given."),
    ] = None,
    count: Annotated[int | None, typer.Option(min=1, help="End after so many looks.")] = None,
    host: Annotated[
        str | None,
        typer.Option("--host", metavar="NAMES", help="Other machines through ssh: a,b,c or @FILE with one a line."),
    ] = None,
) -> int:
    """Show what this machine does for others, why, and until when."""
    if json and line:
        raise Problem("--json and --one-line contradict each other: give one of them", ExitCode.USAGE)
    if not watching and (interval is not None or count is not None):
        raise Problem("--interval and --count go with --watch", ExitCode.USAGE)
    from netmind_tui.node.control.hosts import hosts_of  # noqa: PLC0415 - see cli/node_line.py

    hosts = () if host is None else hosts_of(host)
    looking = _look_at_many(hosts, json=json, line=line) if len(hosts) > 1 else None
    if looking is None:
        looking = _look_at_one(hosts[0] if hosts else None, json=json, line=line, watching=watching)
    with looking as show:
        if not watching:
            return show()
        return _watch(show, watch.seconds("--interval", interval, watch.INTERVAL_S), count, clear=not json and not line)


def _watch(show: _Show, interval_s: float, count: int | None, *, clear: bool) -> ExitCode:
    """Show it again and again; on a terminal the table stays in its place."""
    done = 0
    while True:
        if clear and output.is_terminal():
            output.line(_HOME_AND_CLEAR)
        code = show()
        done += 1
        if done == count:
            return code
        time.sleep(interval_s)


@contextmanager
def _look_at_one(host: str | None, *, json: bool, line: bool, watching: bool) -> Iterator[_Show]:
    from netmind_tui.node.control.client import Client, NoAgent  # noqa: PLC0415 - see above

    try:
        with open_line(host) as client:
            found: Client = client

            def show() -> ExitCode:
                _print(found.status(), json=json, line=line, one_a_line=watching)
                return ExitCode.OK

            yield show
    except NoAgent as none:
        # Of this machine there is something to see without an agent too.
        if host is not None or watching or not none.is_absent:
            raise
        sentence = none.sentence
    else:
        return

    def show_offline() -> ExitCode:
        from netmind_tui.node.offline import offline_status  # noqa: PLC0415 - see above

        _print(offline_status(sentence), json=json, line=line, one_a_line=False)
        diagnostics.fail(sentence)
        return ExitCode.UNMEASURED

    yield show_offline


@contextmanager
def _look_at_many(hosts: tuple[str, ...], *, json: bool, line: bool) -> Iterator[_Show]:
    from netmind_tui.cli.fleet import Fleet  # noqa: PLC0415 - see above
    from netmind_tui.config import read_config  # noqa: PLC0415 - only hosts have settings

    with Fleet(hosts, read_config().sockets) as fleet:

        def show() -> ExitCode:
            answers = fleet.ask()
            _print_many(answers, json=json, line=line)
            lost = [each for each in answers if each.status is None]
            for each in lost if json or line else ():
                diagnostics.fail(f"{each.host}: {each.reason}")
            return ExitCode.UNMEASURED if lost else ExitCode.OK

        yield show


def _print(found: "Status", *, json: bool, line: bool, one_a_line: bool) -> None:
    if json:
        from netmind_tui.document import encode, encode_pretty  # noqa: PLC0415 - see above

        output.write(encode(found).decode() if one_a_line else encode_pretty(found))
        return
    from netmind_tui.cli.harmless import harmless  # noqa: PLC0415 - see above

    if line:
        from netmind_tui.cli.state_word import one_line  # noqa: PLC0415 - see above

        output.line(one_line(harmless(found)))
        return
    from netmind_tui.cli.status_view import table  # noqa: PLC0415 - see above

    output.write(table(harmless(found), page_for(None)))


def _print_many(answers: "tuple[Answered, ...]", *, json: bool, line: bool) -> None:
    from netmind_tui.cli.harmless import harmless  # noqa: PLC0415 - see above

    if json:
        from netmind_tui.document import encode  # noqa: PLC0415 - see above
        from netmind_tui.model.control import NodeStatus  # noqa: PLC0415 - see above

        for each in answers:
            output.line(encode(NodeStatus(host=each.host, status=each.status, reason=each.reason)).decode())
        return
    shown = harmless(answers)
    if line:
        from netmind_tui.cli.state_word import one_line  # noqa: PLC0415 - see above

        for each in shown:
            output.line(f"{each.host}: {one_line(each.status) if each.status is not None else '✖ no answer'}")
        return
    from netmind_tui.cli.status_view import rows  # noqa: PLC0415 - see above

    output.write(rows(shown, page_for(None)))
