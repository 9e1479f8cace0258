"""A machine that does not exist, for a first look and for pictures; ``scripts/demo.py`` makes it up."""

from importlib.resources import files
from pathlib import Path

from netmind_tui.tui.replay import ReplayFeed

AHEAD = 285
"""So many samples come at once: a quarter of a minute later a card is lost."""


def demo_path(name: str = "demo.jsonl.gz") -> Path:
    """The recording, or another of its files."""
    return Path(str(files("netmind_tui") / "tui" / name))


def demo_feed() -> ReplayFeed:
    """Its samples; it begins with a history, and over again when it has ended."""
    from netmind_tui.tui.demo_use import DemoFeed  # noqa: PLC0415 - its processes, which no other start needs

    return DemoFeed()
