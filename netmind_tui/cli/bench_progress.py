"""How a run goes, on stderr: a live view for somebody who watches, a line a kernel for a log."""

from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Self

from netmind_tui.bench.plan import Plan, Step
from netmind_tui.bench.protocol import Begun, Event, Noticed, Poised, Prepared, Surveying
from netmind_tui.bench.report import as_json_line
from netmind_tui.bench.runner import Watcher
from netmind_tui.cli import diagnostics, output
from netmind_tui.model.finding import Status
from netmind_tui.model.measurement import Measurement
from netmind_tui.model.quantity import duration, percent, quantity

if TYPE_CHECKING:
    from rich.live import Live
    from rich.text import Text

    from netmind_tui.bench.timing import Notice
    from netmind_tui.model.kernel import Phase


class Quiet:
    """Says each kernel's outcome in one line, and nothing in between."""

    def __init__(self, plan: Plan) -> None:
        self._total = len(plan.steps) + len(plan.alone)
        self._done = 0
        self._said: tuple[str, str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def waits(self, device: str, holder: str) -> None:
        """Say for whom."""
        diagnostics.say(f"netmind: waiting for {device}, which is being measured by {holder}")

    def began(self, step: Step) -> None:
        """Nothing is said until there is an outcome."""

    def heard(self, step: Step, event: Event) -> None:
        """Nothing is said until there is an outcome."""

    def finished(self, measurement: Measurement) -> None:
        """One kernel's outcome; a device's one trouble is said once."""
        self._done += 1
        trouble = (measurement.device, measurement.reasons[0].detail) if measurement.value is None else None
        if trouble is None or trouble != self._said:
            diagnostics.say(f"netmind: {self._done}/{self._total} {outcome(measurement)}")
        self._said = trouble


class _Going:
    """One device's kernel as it goes."""

    def __init__(self, step: Step) -> None:
        self.step = step
        self.began_at = monotonic()
        self.phase: Phase | None = None
        self.shape: dict[str, int] = {}
        self.notice: Notice | None = None
        self.waits = False
        self.part: float | None = None

    def hear(self, event: Event) -> None:
        """The worker said how it goes."""
        self.waits = isinstance(event, Poised)
        if isinstance(event, Begun):
            self.phase, self.notice = event.phase, None
        elif isinstance(event, Prepared):
            self.shape = event.shape
        elif isinstance(event, Noticed):
            self.phase, self.notice = event.notice.phase, event.notice
        elif isinstance(event, Surveying):
            self.part = event.done_bytes / event.total_bytes


class Lively:
    """Keeps a moving line for each device at work under the kernels that are done: phase, rate, spread, time left."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._total = len(plan.steps) + len(plan.alone)
        self._done = 0
        self._began_at = monotonic()
        self._going: dict[str, _Going] = {}
        self._live: Live | None = None

    def __enter__(self) -> Self:
        # 40 ms of imports that a log does without.
        from rich.live import Live  # noqa: PLC0415 - see above

        self._began_at = monotonic()
        self._live = Live(
            get_renderable=self._lines, console=diagnostics.console(), refresh_per_second=4, transient=True
        )
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            with suppress(OSError):  # the terminal may be gone
                self._live.stop()
        diagnostics.settle()

    def waits(self, device: str, holder: str) -> None:
        """Say for whom, above the moving lines."""
        if self._live is not None:
            with suppress(OSError):
                self._live.console.print(f"waiting for {device}, which is being measured by {holder}", markup=False)

    def began(self, step: Step) -> None:
        """A kernel is about to be measured."""
        self._going[step.target.device.id] = _Going(step)

    def heard(self, step: Step, event: Event) -> None:
        """The worker said how it goes."""
        going = self._going.get(step.target.device.id)
        if going is not None:
            going.hear(event)

    def finished(self, measurement: Measurement) -> None:
        """A kernel's outcome stays on the screen."""
        self._done += 1
        self._going.pop(measurement.device, None)
        if self._live is not None:
            with suppress(OSError):
                self._live.console.print(outcome(measurement), style=_STYLES.get(measurement.status, ""))

    def _lines(self) -> "Text":
        from rich.text import Text  # noqa: PLC0415 - see __enter__

        # The screen is drawn by a thread of its own: what is shown is a copy.
        text = Text("\n").join(self._line(going) for going in tuple(self._going.values()))
        if text.plain:
            left = max(0.0, self._plan.expected_s - (monotonic() - self._began_at))
            text.append(f"  about {duration(left)} left" if left else "  nearly done", style="dim")
        return text

    def _line(self, going: _Going) -> "Text":
        from rich.text import Text  # noqa: PLC0415 - see __enter__

        kernel = going.step.kernel
        text = Text(f"▶ {self._done + 1}/{self._total} {kernel.id} on {going.step.target.device.id}  ")
        text.append("waits for the others" if going.waits else str(going.phase or "starting"), style="bold")
        if going.part is not None:
            text.append(f"  {percent(going.part)}", style="cyan")
        notice = going.notice
        if notice is not None and going.shape:
            work = kernel.work_per_iteration(going.shape)
            value = notice.seconds if kernel.is_latency else work / notice.seconds
            text.append(f"  {quantity(value, kernel.unit)}", style="cyan")
            text.append(f"  ±{percent(notice.rsd)}  n {notice.n}")
        return text


class Streaming:
    """Prints each measurement as a line of JSON as soon as there is one, beside another watcher.

    A reader who leaves ends the printing, not the run: what is measured is still kept.
    """

    def __init__(self, watcher: Watcher, run_id: str) -> None:
        self._watcher = watcher
        self._run_id = run_id
        self._is_read = True

    def waits(self, device: str, holder: str) -> None:
        """Pass it on."""
        self._watcher.waits(device, holder)

    def began(self, step: Step) -> None:
        """Pass it on."""
        self._watcher.began(step)

    def heard(self, step: Step, event: Event) -> None:
        """Pass it on."""
        self._watcher.heard(step, event)

    def finished(self, measurement: Measurement) -> None:
        """Pass it on, and print it."""
        self._watcher.finished(measurement)
        if not self._is_read:
            return
        try:
            output.line(as_json_line(measurement, self._run_id))
        except output.ReaderLeft:
            self._is_read = False


_STYLES = {Status.FAIL: "bold red", Status.ERROR: "red", Status.UNSTABLE: "yellow", Status.WARN: "yellow"}


def outcome(measurement: Measurement) -> str:
    """One kernel's outcome in one line."""
    name = f"{measurement.kernel} on {measurement.device}"
    if measurement.value is None:
        why = measurement.reasons[0].detail if measurement.reasons else "not measured"
        return f"{name}: {measurement.status}: {why}"
    spread = "" if measurement.cv is None else f" ±{percent(measurement.cv)}"
    return f"{name}: {quantity(measurement.value, measurement.unit)}{spread} {measurement.status}"
