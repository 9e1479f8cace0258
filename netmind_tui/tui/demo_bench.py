"""What was measured of the machine that does not exist, and the interface that knows it."""

import gzip

from netmind_tui.document import decode
from netmind_tui.model.comparison import KeptFigure, KeptRun
from netmind_tui.model.measurement import Run
from netmind_tui.tui.bench_state import RunOpened, RunsListed
from netmind_tui.tui.demo import demo_path
from netmind_tui.tui.demo_cert import demo_certificates
from netmind_tui.tui.message import Message
from netmind_tui.tui.state import Feed, State, reduce


def demo_run() -> Run:
    """A benchmark run of it, as made up as the machine is."""
    return decode(gzip.decompress(demo_path("demo_run.json.gz").read_bytes()), Run, "the run of the demo")


def demo_memory() -> tuple[Message, ...]:
    """That run, finished, and the only one that was kept; and the certificates of two before it."""
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
    return RunsListed((kept,)), RunOpened(run), *demo_certificates()


def demo_state() -> State:
    """The interface before the first of its samples."""
    state = State(feed=Feed(kind="demo", label=demo_path().name))
    for message in demo_memory():
        state = reduce(state, message)
    return state
