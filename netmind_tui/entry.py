"""Where the commands begin: before anything heavy is imported, an early Ctrl-C already ends without a traceback."""

import signal


def netmind() -> None:
    """Run ``netmind``."""
    _end_quietly_when_interrupted()
    from netmind_tui.cli.main import run  # noqa: PLC0415 - after the signal is taken care of

    run()


def netmind_tui() -> None:
    """Run ``netmind-tui``."""
    _end_quietly_when_interrupted()
    from netmind_tui.tui.main import run  # noqa: PLC0415 - after the signal is taken care of

    run()


def netmind_selftest() -> None:
    """Run ``netmind-selftest``."""
    _end_quietly_when_interrupted()
    from netmind_tui.cli.selftest import run  # noqa: PLC0415 - after the signal is taken care of

    run()


def _end_quietly_when_interrupted() -> None:
    """Let SIGINT end the process as it ends others; commands that have something to save take over later."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
