"""The command ``netmind-tui``: refuses what it cannot work with in one sentence, and starts the interface."""

import argparse
import gc
import os
import sys
from pathlib import Path

from netmind_tui import __version__
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem
from netmind_tui.tui import terminal


def run() -> None:
    """Start the interface and end the process with its code."""
    sys.exit(main(sys.argv[1:]))


def main(arguments: list[str]) -> int:
    """Read the command line, and show the machine until whoever watches leaves."""
    options = _parser().parse_args(arguments)
    try:
        terminal.check(os.environ)
        return _start(options)
    except Problem as problem:
        sys.stderr.write(f"netmind-tui: {problem.sentence}\n")
        return problem.code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="netmind-tui", description="See what this machine has, measure what it does, keep its schedule."
    )
    parser.add_argument("--version", action="version", version=f"netmind-tui {__version__}")
    parser.add_argument("--read-only", action="store_true", help="offer nothing that changes anything")
    parser.add_argument("--ascii", action="store_true", help="draw with plain ASCII signs")
    parser.add_argument("--inline", action="store_true", help="show three lines below the prompt")
    parser.add_argument("--theme", help="dark, light or colour-blind")
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--demo", action="store_true", help="show a simulated machine with eight GPUs")
    source.add_argument("--replay", metavar="FILE", type=Path, help="show a recording of netmind record")
    source.add_argument("--record", metavar="FILE", type=Path, help="also write what is sampled to a new file")
    return parser


def _start(options: argparse.Namespace) -> int:
    # What is loaded stays until the end: to look through it again and again for garbage takes a tenth of the start.
    gc.disable()
    # The interface is loaded only now: a refusal needs none of it.
    from netmind_tui.config.source import from_environment  # noqa: PLC0415 - see above
    from netmind_tui.tui import mini  # noqa: PLC0415 - see above
    from netmind_tui.tui.action import read_keymap  # noqa: PLC0415 - see above
    from netmind_tui.tui.app import NetmindApp  # noqa: PLC0415 - see above
    from netmind_tui.tui.bench_state import Bench  # noqa: PLC0415 - see above
    from netmind_tui.tui.demo import demo_bench, demo_feed  # noqa: PLC0415 - see above
    from netmind_tui.tui.feed import LiveFeed, ReplayFeed  # noqa: PLC0415 - see above
    from netmind_tui.tui.message import Told  # noqa: PLC0415 - see above
    from netmind_tui.tui.settings_state import read_settings  # noqa: PLC0415 - see above
    from netmind_tui.tui.skin import choose_skin  # noqa: PLC0415 - see above
    from netmind_tui.tui.state import Feed, State, View  # noqa: PLC0415 - see above

    settings = read_settings(os.environ)
    config = settings.config
    # What the command line says wins; then the environment, then the file.
    theme = options.theme or from_environment("tui.theme", os.environ) or config.theme
    ascii_only = options.ascii or config.signs == "ascii"
    skin = choose_skin(theme, ascii_only=ascii_only, has_colours=terminal.has_colours(os.environ))
    keymap = read_keymap(config.keys)
    read_only = options.read_only or config.read_only
    if options.demo:
        feed: LiveFeed | ReplayFeed = demo_feed()
    elif options.replay is not None:
        feed = ReplayFeed(options.replay)
    else:
        feed = LiveFeed(options.record)
    is_first = feed.kind == "live" and not (read_only or options.inline or settings.shown.exists or settings.trouble)
    state = State(
        view=View(screen="first run" if is_first else "overview", read_only=read_only),
        feed=Feed(kind=feed.kind, label=feed.label),
        bench=demo_bench() if options.demo else Bench(),
        settings=settings,
        said=Told(f"{settings.trouble} (, settings)", "error") if settings.trouble else None,
    )
    app = NetmindApp(feed, skin, keymap, state=state, rows=mini.ROWS if options.inline else None)
    gc.freeze()
    gc.enable()
    code = app.run(mouse=not options.inline, inline=options.inline)
    return code if code is not None else app.return_code or ExitCode.OK
