"""The command ``netmind``: its commands, its exit codes, and what happens when it is interrupted."""

import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from types import FrameType
from typing import Annotated

import typer

from netmind_tui import __version__
from netmind_tui.cli import diagnostics, output
from netmind_tui.cli.page import prepare_streams
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem, Stopped

COMMANDS = (
    "agent",
    "backup",
    "bench",
    "certify",
    "challenge",
    "compare",
    "config",
    "contribute",
    "doctor",
    "earnings",
    "energy",
    "finish",
    "identity",
    "info",
    "ledger",
    "log",
    "pause",
    "record",
    "restore",
    "resume",
    "retire",
    "schedule",
    "schema",
    "status",
    "stop",
    "validate",
    "verify",
    "why",
    "workload",
)
_TOGETHER = dict.fromkeys(("contribute", "finish", "pause", "resume", "stop"), "override")
"""The modules that are not named like their command."""


def _print_version(asked: bool) -> None:
    if asked:
        output.line(f"netmind {__version__}")
        raise typer.Exit


def _netmind(
    context: typer.Context,
    *,
    version: Annotated[  # noqa: ARG001 - its callback has ended the command by then
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Measure what this machine can do, and prove it."""
    if context.invoked_subcommand is None:
        diagnostics.say(context.get_help())
        raise typer.Exit(ExitCode.USAGE)


def made(names: Sequence[str] = COMMANDS) -> typer.Typer:
    """The command line with these commands."""
    app = typer.Typer(
        name="netmind",
        no_args_is_help=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(invoke_without_command=True)(_netmind)
    for name in names:
        command = getattr(import_module(f"netmind_tui.cli.{_TOGETHER.get(name, name)}"), name)
        if isinstance(command, typer.Typer):
            app.add_typer(command)
        else:
            app.command()(command)
    return app


def _needed(arguments: list[str]) -> Sequence[str]:
    """A command that is named needs no other: 20 ms less. Help, completion and a mistyped one need all."""
    if arguments == ["--version"]:
        return ()
    return arguments[:1] if arguments and arguments[0] in COMMANDS else COMMANDS


def run() -> None:
    """Run the command line and end the process with the code that its outcome has."""
    sys.exit(main(sys.argv[1:]))


def main(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    return ended(made(_needed(arguments)), arguments, "netmind")


def ended(app: typer.Typer, arguments: list[str], name: str) -> int:
    """Run a command line and return its exit code; every known trouble becomes one sentence on stderr."""
    _listen()
    prepare_streams()
    try:
        outcome = app(arguments, prog_name=name, standalone_mode=False)
    except Problem as problem:
        diagnostics.fail(problem.sentence)
        return problem.code
    except Stopped as stop:
        return stop.code
    except typer.Abort:
        return ExitCode.INTERRUPTED
    except output.ReaderLeft:
        return ExitCode.OK
    except OSError as error:  # a stream or file that nobody else took care of
        diagnostics.fail(str(error))
        output.discard()
        return ExitCode.USAGE
    except Exception as error:
        if not hasattr(error, "format_message"):  # only the parser's own errors explain themselves
            raise
        return _usage(error)
    return outcome if isinstance(outcome, int) else ExitCode.OK


def _usage(error: Exception) -> ExitCode:
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "netmind"
    message = error.format_message()  # type: ignore[attr-defined] # the parser's classes are private
    diagnostics.fail(f"{message.rstrip('.')} (see {command} --help)")
    return ExitCode.USAGE


def _listen() -> None:
    """Turn the polite signals into an exit that lets every ``finally`` run.

    Those that were ignored from the start stay so: ``nohup`` and background jobs mean it.
    """

    def stop(number: int, _frame: FrameType | None) -> None:
        code = ExitCode.INTERRUPTED if number == signal.SIGINT else ExitCode.TERMINATED
        raise Stopped(code)

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, stop)
