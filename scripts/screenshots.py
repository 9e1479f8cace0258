"""Draw the screens of ``netmind-tui`` from its demo, without a terminal, as pictures for the README.

    python scripts/screenshots.py                write assets/screens/
    python scripts/screenshots.py --check        end with 1 if a picture there is not what is drawn now
    python scripts/screenshots.py --all FOLDER   every screen in every size and every theme, somewhere else

The demo's recording is played up to one moment of it, and the clock stands at that moment: the same bytes every time.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice, product
from pathlib import Path

from netmind_tui.config.source import Source, configuration
from netmind_tui.model.kernel import Phase
from netmind_tui.model.measurement import Measurement
from netmind_tui.probe.recording import RecordingSource
from netmind_tui.tui.action import read_keymap
from netmind_tui.tui.bench_plan import Plan, Planned
from netmind_tui.tui.bench_state import RUNNING, Bench, Going, Job
from netmind_tui.tui.demo import demo_path, demo_run, demo_state
from netmind_tui.tui.export import svg
from netmind_tui.tui.frame import Size, picture
from netmind_tui.tui.hindsight import Hindsight
from netmind_tui.tui.message import Described, Examined, Message, Moved, Sampled, Ticked, Went
from netmind_tui.tui.screen import modules
from netmind_tui.tui.screen.bench_figures import figures_of
from netmind_tui.tui.settings_state import Configured, Settings
from netmind_tui.tui.skin import PALETTES, choose_skin
from netmind_tui.tui.state import State, reduce

FOLDER = Path(__file__).parents[1] / "assets/screens"
AT_S = 430
MEASURING_AT_S = 250  # every card is there
MEASURING = "bench-measuring"
NOW, ITS_SECONDS = "gemm.fp16", 9.4
HOT = 4
SIZES = (Size(60, 20), Size(80, 24), Size(100, 30), Size(120, 40))
PLAIN = Size(100, 30)
THEMES = (*PALETTES, "no-colour", "ascii")
FIRST = "overview"


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture: a screen in a size and a theme."""

    screen: str
    size: Size
    theme: str

    @property
    def name(self) -> str:
        """Its file."""
        return f"{self.screen.replace(' ', '-')}-{self.size.cells}x{self.size.rows}-{self.theme}.svg"


def kept() -> list[Shot]:
    """Every screen once; the first one in every size and every theme, too."""
    shots = [Shot(screen, PLAIN, "dark") for screen in (*modules(), MEASURING)]
    shots += [Shot(FIRST, size, "dark") for size in SIZES if size != PLAIN]
    shots += [Shot(FIRST, PLAIN, theme) for theme in THEMES if theme != "dark"]
    return shots


def every() -> list[Shot]:
    """All there are."""
    return [Shot(screen, size, theme) for screen, size, theme in product((*modules(), MEASURING), SIZES, THEMES)]


def played(seconds: int) -> State:
    """The interface after so many seconds of the demo."""
    state = demo_state()
    with RecordingSource(demo_path()) as source:
        hindsight = Hindsight(source.header)
        for sample in islice(source, seconds):
            hindsight.see(sample)
            state = reduce(state, Sampled(sample))
    messages: tuple[Message, ...] = (
        Described(hindsight.info()),
        Examined(hindsight.diagnosis()),
        Configured(Settings(shown=configuration(Source(path=Path("~/.config/netmind/config.toml")), {}))),
        Moved(box="list", row=HOT),
        Moved(box="results", row=_row_of_the_hot_one(state)),
        Ticked(sample.at[11:19]),
    )
    for message in messages:
        state = reduce(state, message)
    return state


def _row_of_the_hot_one(state: State) -> int:
    """Where the result of one kernel stands, with the hot card among the others."""
    figures = figures_of(state.bench.run) if state.bench.run is not None else ()
    return next(place for place, figure in enumerate(figures) if figure.kernel == NOW)


def measuring(state: State) -> State:
    """The same while the run of the demo was made, in the middle of one kernel."""
    run = demo_run()
    rows = [row for row in run.measurements if row.device != "cpu"]
    steps = [*(_planned(row) for row in rows), *(_planned(row, alone=True) for row in run.alone)]
    plan = Plan(
        suite=run.suite,
        title="",
        seed=run.seed,
        certified=Phase.SUSTAINED,
        expected_s=342.0,
        steps=tuple(steps),
    )
    order = list(dict.fromkeys(row.kernel for row in rows))
    done = [row for row in rows if order.index(row.kernel) < order.index(NOW)]
    began_s = 16.2 * order.index(NOW)
    job = Job(
        plan=plan,
        rows=tuple(done),
        going=tuple(_going(row, began_s) for row in rows if row.kernel == NOW),
        elapsed_s=began_s + ITS_SECONDS,
        environment=run.environment,
    )
    return reduce(replace(state, bench=Bench(page=RUNNING, job=job)), Went("bench"))


def _planned(row: Measurement, *, alone: bool = False) -> Planned:
    return Planned(
        kernel=row.kernel,
        device=row.device,
        unit=row.unit,
        expected_s=row.elapsed_s or 0.0,
        peak=row.peak,
        rsd_limit=0.01,
        shape=row.shape,
        in_step=not alone,
        alone=alone,
    )


def _going(row: Measurement, began_s: float) -> Going:
    heard = [(Phase.BURST, value * 1.012) for value in row.samples[:4]]
    heard += [(Phase.SUSTAINED, value) for value in row.samples[4:14]]
    phases = ((Phase.COLD, 0.9), (Phase.WARM_UP, 1.0), (Phase.BURST, 2.6), (Phase.SUSTAINED, 4.4))
    return Going(
        kernel=row.kernel,
        device=row.device,
        unit=row.unit,
        began_s=began_s,
        phases=tuple((phase, began_s + second) for phase, second in phases),
        heard=tuple(heard),
        n=23,
        first_spread=0.014,
        spread=row.cv,
        phase_s=ITS_SECONDS - 4.4,
        cap_s=20.0,
    )


def drawn(shots: list[Shot]) -> Iterator[tuple[str, str]]:
    """The name and the content of each picture."""
    state, busy, keymap = played(AT_S), measuring(played(MEASURING_AT_S)), read_keymap({})
    for shot in shots:
        theme = shot.theme if shot.theme in PALETTES else None
        skin = choose_skin(theme, ascii_only=shot.theme == "ascii", has_colours=shot.theme != "no-colour")
        shown = busy if shot.screen == MEASURING else reduce(state, Went(shot.screen))
        lines = picture(shown, shot.size, skin.glyphs, keymap)
        yield shot.name, svg(lines, skin, "netmind-tui --demo")


def main() -> int:
    """Write the pictures, or say whether they are current."""
    parser = argparse.ArgumentParser(description="Draw the screens of netmind-tui as pictures.")
    parser.add_argument("--check", action="store_true", help="write nothing; end with 1 if a picture is not current")
    parser.add_argument("--all", metavar="FOLDER", type=Path, help="write every screen, size and theme there")
    options = parser.parse_args()
    os.environ["TZ"] = "UTC"
    if hasattr(time, "tzset"):
        time.tzset()
    folder = options.all or FOLDER
    pictures = dict(drawn(every() if options.all else kept()))
    if options.check:
        return _check(pictures)
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.svg") if folder == FOLDER else ():
        if path.name not in pictures:
            path.unlink()
    for name, content in pictures.items():
        (folder / name).write_text(content, encoding="utf-8")
    total = sum(len(content.encode()) for content in pictures.values())
    print(f"{folder}: {len(pictures)} pictures, {total >> 10} KiB")
    return 0


def _check(pictures: dict[str, str]) -> int:
    there = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.svg")}
    stale = sorted(name for name in there | pictures if there.get(name) != pictures.get(name))
    for name in stale:
        print(f"{name} is not what is drawn now")
    print("run scripts/screenshots.py" if stale else f"{len(pictures)} pictures are what is drawn now")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
