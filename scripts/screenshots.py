"""Draw the screens of ``netmind-tui`` from its demo, without a terminal, as pictures for the README.

    python scripts/screenshots.py           write assets/screens/: every screen in every size and every theme
    python scripts/screenshots.py --check   end with 1 if a picture there is not what is drawn now

The demo's recording is played up to one moment of it, and the clock stands at that moment: the same bytes every time.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice, product
from pathlib import Path

from netmind_tui.config.source import Source, configuration
from netmind_tui.model.kernel import Phase
from netmind_tui.model.measurement import Measurement
from netmind_tui.model.reading import Absence
from netmind_tui.probe.recording import RecordingSource
from netmind_tui.tui.action import Keymap, read_keymap
from netmind_tui.tui.bench_page import RUNNING, Bench
from netmind_tui.tui.bench_plan import Plan, Planned
from netmind_tui.tui.bench_state import Going, Job
from netmind_tui.tui.demo import demo_path
from netmind_tui.tui.demo_agent import DemoLink
from netmind_tui.tui.demo_bench import demo_run, demo_state
from netmind_tui.tui.demo_use import demo_uses
from netmind_tui.tui.export import svg
from netmind_tui.tui.frame import Size, picture
from netmind_tui.tui.hindsight import Hindsight
from netmind_tui.tui.message import Described, Examined, Message, Moved, Sampled, Ticked, Went
from netmind_tui.tui.modal.help import Help
from netmind_tui.tui.picture import Line, width
from netmind_tui.tui.screen import modules
from netmind_tui.tui.screen.bench_figures import figures_of
from netmind_tui.tui.settings_state import Configured, Settings
from netmind_tui.tui.skin import PALETTES, Skin, choose_skin
from netmind_tui.tui.state import State, reduce

FOLDER = Path(__file__).parents[1] / "assets/screens"
AT_S = 430
MEASURING_AT_S = 250  # every card is there
MEASURING, HELP = "bench-measuring", "help"
NOW, ITS_SECONDS = "gemm.fp16", 9.4
HOT = 4
SIZES = (Size(60, 20), Size(80, 24), Size(100, 30), Size(120, 40))
THEMES = (*PALETTES, "no-colour", "ascii")
FIRST = "overview"
GALLERY = "README.md"


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


def every() -> list[Shot]:
    """All there are."""
    return [Shot(screen, size, theme) for screen, size, theme in product(_names(), SIZES, THEMES)]


def _names() -> tuple[str, ...]:
    return (*modules(), MEASURING, HELP)


def gallery() -> str:
    """The page that shows them all: a row for each screen and theme, a column for each size."""
    lines = [
        "# Every screen, in every size and every theme",
        "",
        "Drawn from the demo by `scripts/screenshots.py`.",
        "",
    ]
    for screen in _names():
        lines += [f"## {screen}", "", "| theme | " + " | ".join(f"{size.cells} × {size.rows}" for size in SIZES) + " |"]
        lines += ["|---" * (len(SIZES) + 1) + "|"]
        for theme in THEMES:
            names = (Shot(screen, size, theme).name for size in SIZES)
            lines.append(f"| {theme} | " + " | ".join(f"![{name[:-4]}]({name})" for name in names) + " |")
        lines.append("")
    return "\n".join(lines)


class _Help(Help):
    """Help as it lies over a screen of a certain size, without an app around it."""

    def __init__(self, keymap: Keymap, screen: str, size: Size, skin: Skin) -> None:
        super().__init__(keymap, screen, read_only=False)
        self._over, self._skin = size, skin

    @property
    def skin(self) -> Skin:
        return self._skin

    @property
    def place(self) -> Size:
        return self._over


def with_help(below: Sequence[Line], size: Size, skin: Skin, keymap: Keymap) -> list[Line]:
    """A screen with help over it, in the middle as the app has it."""
    above = _Help(keymap, FIRST, size, skin).drawn()
    top, left = (size.rows - len(above)) // 2, (size.cells - width(above[0])) // 2
    drawn = list(below)
    for place, over in enumerate(above, start=top):
        right = left + width(over)
        drawn[place] = (*_part(below[place], 0, left), *over, *_part(below[place], right, size.cells))
    return drawn


def _part(line: Line, start: int, end: int) -> Line:
    """The cells of a line from ``start`` to before ``end``."""
    at, spans = 0, []
    for span in line:
        text = span.text[max(0, start - at) : max(0, end - at)]
        at += len(span.text)
        if text:
            spans.append(replace(span, text=text))
    return tuple(spans)


def played(seconds: int) -> State:
    """The interface after so many seconds of the demo."""
    state = demo_state()
    with RecordingSource(demo_path()) as source:
        hindsight = Hindsight(source.header)
        for sample in islice(source, seconds):
            hindsight.see(sample)
            state = reduce(state, Sampled(sample))
    info = hindsight.info()
    now = datetime.fromisoformat(sample.at)
    lost = frozenset(part.device for part in sample.devices if Absence.LOST in part.absent.values())
    messages: tuple[Message, ...] = (
        Described(replace(info, in_use=demo_uses(info.devices, sample))),
        Examined(hindsight.diagnosis()),
        Configured(Settings(shown=configuration(Source(path=Path("~/.config/netmind/config.toml")), {}))),
        Moved(box="list", row=HOT),
        Moved(box="results", row=_row_of_the_hot_one(state)),
        *DemoLink(lambda: lost, lambda: now).news(),
        Ticked(sample.at[11:19], 0.0, now),
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
        shown = busy if shot.screen == MEASURING else reduce(state, Went(FIRST if shot.screen == HELP else shot.screen))
        lines = picture(shown, shot.size, skin.glyphs, keymap)
        if shot.screen == HELP:
            lines = with_help(lines, shot.size, skin, keymap)
        yield shot.name, svg(lines, skin, "netmind-tui --demo")


def main() -> int:
    """Write the pictures, or say whether they are current."""
    parser = argparse.ArgumentParser(description="Draw the screens of netmind-tui as pictures.")
    parser.add_argument("--check", action="store_true", help="write nothing; end with 1 if a picture is not current")
    options = parser.parse_args()
    os.environ["TZ"] = "UTC"
    if hasattr(time, "tzset"):
        time.tzset()
    pictures = {**dict(drawn(every())), GALLERY: gallery()}
    if options.check:
        return _check(pictures)
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path in _there():
        if path.name not in pictures:
            path.unlink()
    for name, content in pictures.items():
        (FOLDER / name).write_text(content, encoding="utf-8")
    total = sum(len(content.encode()) for content in pictures.values())
    print(f"{FOLDER}: {len(pictures)} files, {total >> 10} KiB")
    return 0


def _there() -> list[Path]:
    return [*FOLDER.glob("*.svg"), *FOLDER.glob("*.md")]


def _check(pictures: dict[str, str]) -> int:
    there = {path.name: path.read_text(encoding="utf-8") for path in _there()}
    stale = sorted(name for name in there | pictures if there.get(name) != pictures.get(name))
    for name in stale:
        print(f"{name} is not what is drawn now")
    print("run scripts/screenshots.py" if stale else f"{len(pictures)} files are what is drawn now")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
