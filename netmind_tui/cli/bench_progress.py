"""How a run goes, on stderr: a live view for somebody who watches, a line a kernel for a log."""

from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Self

from netmind_tui.bench.plan import Plan, Step
from netmind_tui.bench.protocol import Begun, Event, Noticed, Prepared
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
        self._total = len(plan.steps)
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


class Lively:
    """Keeps one moving line under the kernels that are done: phase, rate, spread and the time left."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._done = 0
        self._passed_s = 0.0
        self._step: Step | None = None
        self._began_at = monotonic()
        self._phase: Phase | None = None
        self._shape: dict[str, int] = {}
        self._notice: Notice | None = None
        self._live: Live | None = None

    def __enter__(self) -> Self:
        # 40 ms of imports that a log does without.
        from rich.live import Live  # noqa: PLC0415 - see above

        self._live = Live(
            get_renderable=self._line, console=diagnostics.console(), refresh_per_second=4, transient=True
        )
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            with suppress(OSError):  # the terminal may be gone
                self._live.stop()
        diagnostics.settle()

    def waits(self, device: str, holder: str) -> None:
        """Say for whom, above the moving line."""
        if self._live is not None:
            with suppress(OSError):
                self._live.console.print(f"waiting for {device}, which is being measured by {holder}", markup=False)

    def began(self, step: Step) -> None:
        """A kernel is about to be measured."""
        self._step, self._notice, self._phase, self._began_at = step, None, None, monotonic()

    def heard(self, step: Step, event: Event) -> None:  # noqa: ARG002 - of the kernel that began last
        """The worker said how it goes."""
        if isinstance(event, Begun):
            self._phase, self._notice = event.phase, None
        elif isinstance(event, Prepared):
            self._shape = event.shape
        elif isinstance(event, Noticed):
            self._phase, self._notice = event.notice.phase, event.notice

    def finished(self, measurement: Measurement) -> None:
        """A kernel's outcome stays on the screen."""
        self._done += 1
        if self._step is not None:
            self._passed_s += self._step.expected_s
        self._step = None
        if self._live is not None:
            with suppress(OSError):
                self._live.console.print(outcome(measurement), style=_STYLES.get(measurement.status, ""))

    def _line(self) -> "Text":
        from rich.text import Text  # noqa: PLC0415 - see __enter__

        step = self._step
        if step is None:
            return Text("")
        done_here = min(monotonic() - self._began_at, step.expected_s)
        left = max(0.0, self._plan.expected_s - self._passed_s - done_here)
        text = Text(f"▶ {self._done + 1}/{len(self._plan.steps)} {step.kernel.id} on {step.target.device.id}  ")
        text.append(str(self._phase or "starting"), style="bold")
        notice = self._notice
        if notice is not None:
            kernel = step.kernel
            work = kernel.work_per_iteration(self._shape)
            value = notice.seconds if kernel.is_latency else work / notice.seconds
            text.append(f"  {quantity(value, kernel.unit)}", style="cyan")
            text.append(f"  ±{percent(notice.rsd)}  n {notice.n}")
        text.append(f"  about {duration(left)} left", style="dim")
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
    return f"{name}: {quantity(measurement.value, measurement.unit)} ±{percent(measurement.cv)} {measurement.status}"
