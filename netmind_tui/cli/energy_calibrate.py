"""``netmind energy calibrate``: what devices draw when they do nothing, measured and kept with its date."""

import math
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netmind_tui.cli import diagnostics, output
from netmind_tui.cli.output import Format
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

# What measures is imported inside the functions: other commands do without its cost.
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from netmind_tui.ledger.energy.calibration import Progress
    from netmind_tui.model.device import Device
    from netmind_tui.model.energy import Baseline, Calibration, Uncalibrated

_SHORTEST_S, _LONGEST_S = 60.0, 3600.0


def calibrate(
    *,
    device: Annotated[
        list[str] | None,
        typer.Option("--device", "-d", help="gpu:0, gpu, cpu, a UUID …; repeatable; all unless given."),
    ] = None,
    duration: Annotated[float, typer.Option(metavar="SECONDS", help="For how long: 60 to 3600.")] = _SHORTEST_S,
    json: Annotated[bool, typer.Option("--json", help="Print the document instead of the table.")] = False,
    share: Annotated[bool, typer.Option("--share", help="Replace UUIDs and names by placeholders.")] = False,
    path: Annotated[Path | None, typer.Option("-o", "--output", help="Write to a file instead of stdout.")] = None,
) -> int:
    """Measure what devices draw when nothing works on them, so that work is told from what is drawn anyway."""
    if not math.isfinite(duration) or not _SHORTEST_S <= duration <= _LONGEST_S:
        raise Problem(f"--duration {duration:g}: seconds from 60 to 3600 are expected", ExitCode.USAGE)
    chosen = output.choose(None, json=json, offered=(Format.TABLE, Format.JSON))
    output.check(path)
    from netmind_tui.ledger.energy.baseline import add_baselines, read_baselines  # noqa: PLC0415 - see above
    from netmind_tui.paths import baseline_path  # noqa: PLC0415 - see above

    # What cannot be kept in the end is known before a minute is spent.
    before = read_baselines(baseline_path())
    found, missing = _measured(device or [], duration)
    if found.baselines:
        add_baselines(baseline_path(), found.baselines)
        _warn_of_another_agent()
    output.write(_written(found, before, chosen, path, share=share), path)
    # Whoever asks for all devices knows that some tell nothing of their power.
    is_lacking = missing or bool(found.failed if device else not found.baselines)
    for each in found.failed:
        (diagnostics.fail if is_lacking else diagnostics.warn)(f"{each.device}: {each.why}")
    return ExitCode.UNMEASURED if is_lacking else ExitCode.OK


def _measured(names: list[str], duration_s: float) -> "tuple[Calibration, bool]":
    """What was measured, and whether a device that was named is missing."""
    from netmind_tui.cli.machine import describe, open_gpus, outcome, warn_of  # noqa: PLC0415 - see above
    from netmind_tui.cli.watch import machine_source  # noqa: PLC0415 - see above
    from netmind_tui.ledger.energy.calibration import Calibrator  # noqa: PLC0415 - see above
    from netmind_tui.ledger.energy.occupancy import users_on  # noqa: PLC0415 - see above
    from netmind_tui.model.device import DeviceKind  # noqa: PLC0415 - see above
    from netmind_tui.model.energy import Calibration  # noqa: PLC0415 - see above
    from netmind_tui.node.measuring import left_alone  # noqa: PLC0415 - see above

    with open_gpus() as probe:
        info, selection = describe(probe, names, live=False)
        warn_of(info.driver)
        is_missing = outcome((), selection, names) is not ExitCode.OK
        devices = [each for each in selection.devices if names or each.kind is not DeviceKind.MIG]
        if not devices:
            return Calibration(), is_missing
        ids = [each.id for each in devices]
        with (
            left_alone(ids, lambda words: diagnostics.say(f"netmind: {words}")),
            _locked(devices) as (free, held),
            _shown() as tell,
        ):
            calibrator = Calibrator(machine_source(probe, free), users_on(probe), lambda: datetime.now(UTC))
            found = calibrator.run(free, duration_s, tell) if free else Calibration()
    return Calibration(baselines=found.baselines, failed=(*held, *found.failed)), is_missing


@contextmanager
def _locked(devices: "Sequence[Device]") -> "Iterator[tuple[list[Device], list[Uncalibrated]]]":
    """The devices that nobody measures meanwhile, and those that somebody does."""
    from netmind_tui.bench.lock import DeviceHeldError, LockError, held  # noqa: PLC0415 - see above
    from netmind_tui.model.energy import Uncalibrated  # noqa: PLC0415 - see above
    from netmind_tui.paths import lock_dir  # noqa: PLC0415 - see above

    since = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    free, taken = [], []
    with ExitStack() as stack:
        for each in devices:
            try:
                stack.enter_context(held(each.uuid or each.id, since=since, folder=lock_dir()))
                free.append(each)
            except DeviceHeldError as error:
                taken.append(Uncalibrated(device=each.id, why=f"it is being measured by {error}"))
            except LockError as error:
                taken.append(Uncalibrated(device=each.id, why=f"it cannot be locked: {error}"))
        yield free, taken


@contextmanager
def _shown() -> "Iterator[Callable[[Progress], None]]":
    """How it goes, on stderr: a moving line for somebody who watches, one line for a log."""
    if not diagnostics.is_terminal():
        said: list[str] = []

        def note(progress: "Progress") -> None:
            words = _stage(progress)
            if words not in said:
                said.append(words)
                diagnostics.say(f"netmind: {words}")

        yield note
        return
    from rich.live import Live  # noqa: PLC0415 - 40 ms that a log does without
    from rich.text import Text  # noqa: PLC0415 - see above

    live = Live(console=diagnostics.console(), refresh_per_second=4, transient=True)
    with suppress(OSError):
        live.start()
    try:
        yield lambda progress: live.update(
            Text(f"{_stage(progress)}  {progress.done_s:.0f} of {progress.of_s:.0f} s", no_wrap=True)
        )
    finally:
        with suppress(OSError):  # the terminal may be gone
            live.stop()
        diagnostics.settle()


def _stage(progress: "Progress") -> str:
    from netmind_tui.model.selector import ranges  # noqa: PLC0415 - see above

    doing = "under load" if progress.is_loaded else f"idle for {progress.of_s:.0f} s"
    return f"measuring {ranges(progress.devices) or 'nothing more'} {doing}"


def _written(
    found: "Calibration", before: "Sequence[Baseline]", chosen: Format, path: Path | None, *, share: bool
) -> str:
    if share:
        from netmind_tui.cli.share import redactor  # noqa: PLC0415 - see above

        found = redactor().redact(found)
    if chosen is Format.JSON:
        from netmind_tui.document import encode_pretty  # noqa: PLC0415 - see above

        return encode_pretty(found)
    from netmind_tui.cli.energy_view import calibration_table  # noqa: PLC0415 - see above
    from netmind_tui.cli.page import page_for  # noqa: PLC0415 - see above

    return calibration_table(found, before, page_for(path))


def _warn_of_another_agent() -> None:
    """Say so where the agent of this machine reads its baselines elsewhere."""
    from netmind_tui.node.control.find import reach  # noqa: PLC0415 - see above
    from netmind_tui.paths import agent_dir, baseline_path  # noqa: PLC0415 - see above

    try:
        agent = reach().status().agent
    except Problem:
        return
    if agent is not None and Path(agent.state_folder) != agent_dir():
        theirs = Path(agent.state_folder).parent / "energy" / baseline_path().name
        diagnostics.warn(
            f"kept in {baseline_path()}; the agent of this machine is another user's and reads {theirs}:"
            " copy it there, or calibrate as that user"
        )
