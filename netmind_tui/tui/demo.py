"""A machine that does not exist, for a first look and for pictures; ``scripts/demo.py`` makes it up."""

import gzip
from importlib.resources import files
from pathlib import Path

from netmind_tui.document import decode
from netmind_tui.model.comparison import KeptFigure, KeptRun
from netmind_tui.model.measurement import Run
from netmind_tui.tui.bench_state import RESULT, Bench
from netmind_tui.tui.feed import ReplayFeed
from netmind_tui.tui.state import Feed, State

_AHEAD = 285
"""So many samples come at once: a quarter of a minute later a card is lost."""


def demo_path(name: str = "demo.jsonl.gz") -> Path:
    """The recording, or another of its files."""
    return Path(str(files("netmind_tui") / "tui" / name))


def demo_feed() -> ReplayFeed:
    """Its samples; it begins with a history, and over again when it has ended."""
    return ReplayFeed(demo_path(), kind="demo", again=True, ahead=_AHEAD)


def demo_run() -> Run:
    """A benchmark run of it, as made up as the machine is."""
    return decode(gzip.decompress(demo_path("demo_run.json.gz").read_bytes()), Run, "the run of the demo")


def demo_bench() -> Bench:
    """Its benchmarks: that run, finished, and the only one that was kept."""
    run = demo_run()
    kept = KeptRun(
        run_id=run.run_id,
        started_at=run.started_at,
        suite=run.suite,
        verdict=run.verdict,
        figures=tuple(
            KeptFigure(kernel=row.kernel, device=row.device, value=row.value, unit=row.unit, status=row.status)
            for row in run.measurements
        ),
    )
    return Bench(page=RESULT, run=run, kept=(kept,))


def demo_state() -> State:
    """The interface before the first of its samples."""
    return State(feed=Feed(kind="demo", label=demo_path().name), bench=demo_bench())
