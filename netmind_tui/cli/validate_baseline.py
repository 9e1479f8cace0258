"""A baseline of ``netmind validate``: a run is held against an earlier one, and may become what later ones meet."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from netmind_tui.bench.catalog import open_catalog
from netmind_tui.bench.compare import THRESHOLD
from netmind_tui.bench.store import find_run
from netmind_tui.certify.baseline import LAST_GOOD, Held, hold, is_same_machine, trouble
from netmind_tui.certify.baseline_judgement import REBASELINE, judgements, taken, unheld
from netmind_tui.certify.baseline_store import last_good, remember
from netmind_tui.certify.judgement_ground import Ground
from netmind_tui.cli import diagnostics, output
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.finding import Action, Status, worst
from netmind_tui.model.measurement import Run
from netmind_tui.model.problem import Problem
from netmind_tui.model.requirement import BASELINE, Judgement, Verdict
from netmind_tui.paths import runs_dir, verdicts_dir

_GOOD = (Status.PASS, Status.WARN)


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineWish:
    """What to hold the run against, by how many per cent it may be slower, and where it becomes a baseline itself."""

    name: str | None = None
    threshold_pct: float | None = None
    rebaseline: bool = False
    write: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of the baseline: ``held`` is missing where nothing could be held against it."""

    judgements: tuple[Judgement, ...] = ()
    held: Held | None = None
    runs: tuple[Run, ...] = ()


def check(wish: BaselineWish, *, measures: bool) -> None:
    """Refuse wishes that contradict each other before anything is read or measured.

    Raises:
        Problem: the sentence names the option.
    """
    for option, is_given in (("--threshold", wish.threshold_pct is not None), ("--rebaseline", wish.rebaseline)):
        if is_given and wish.name is None:
            raise Problem(f"{option} without --baseline: there is nothing to hold the run against", ExitCode.USAGE)
    if wish != BaselineWish() and not measures:
        option = "--baseline" if wish.name is not None else "--write-baseline"
        words = f"{option} is for a run that is made now; `netmind compare` holds kept runs against each other"
        raise Problem(words, ExitCode.USAGE)
    pct = wish.threshold_pct
    if pct is not None and not (math.isfinite(pct) and pct >= 0):
        raise Problem(f"--threshold {pct}: a number of per cent is expected, 0 or more", ExitCode.USAGE)
    output.check(wish.write)
    if wish.rebaseline and wish.name != LAST_GOOD:
        output.check(_file(wish))


def read(wish: BaselineWish) -> tuple[Run, ...]:
    """The earlier runs that a file or a folder holds; none for ``last-good``, which the new run has to be known for.

    Raises:
        Problem: it cannot be read, and is not about to be replaced.
    """
    if wish.name is None or wish.name == LAST_GOOD:
        return ()
    try:
        listing = find_run(wish.name, runs_dir())
    except Problem as problem:
        if wish.rebaseline:
            diagnostics.warn(f"{problem.sentence}; it is made anew")
            return ()
        raise Problem(f"--baseline: {problem.sentence}", problem.code) from problem
    for sentence in listing.damaged:
        diagnostics.warn(f"left out: {sentence}")
    return listing.runs


def held_against(run: Run, base: Sequence[Run], wish: BaselineWish, names: Sequence[str]) -> Outcome:
    """Hold the run against the baseline, and measure again what looks slower.

    ``names`` are the devices that were asked for, so that the baseline's others do not lack.
    """
    if wish.name is None or wish.rebaseline:
        return Outcome()
    if run.stopped is not None:
        return Outcome(judgements=(unheld(f"the run was {run.stopped}: nothing was held against {wish.name}", _AGAIN),))
    if wish.name == LAST_GOOD:
        found = last_good(run, runs_dir(), verdicts_dir())
        for sentence in found.damaged:
            diagnostics.warn(f"left out: {sentence}")
        if found.run is None:
            words = f"no run of suite {run.suite} that passed is kept here, of this machine with the same devices"
            return Outcome(judgements=(unheld(words, REBASELINE),))
        base = (found.run,)
    own = [each for each in base if is_same_machine(each, run)]
    if not own:
        host = base[-1].host
        words = f"{wish.name} is of another machine ({host.hostname}, {host.cpu.name or host.cpu.architecture})"
        return Outcome(judgements=(unheld(words, f"make one on this machine: {REBASELINE}"),))
    if names:
        own = [_only(each, {device.id for device in run.devices}) for each in own]
    from netmind_tui.cli.validate_run import measure_again  # noqa: PLC0415 - 60 ms that only measuring needs

    threshold = THRESHOLD if wish.threshold_pct is None else wish.threshold_pct / 100
    held = hold(own, run, measure_again, name=wish.name, threshold=threshold, grows=_grows())
    return Outcome(judgements=judgements(held), held=held, runs=tuple(own))


def known(ground: Ground, outcome: Outcome) -> Ground:
    """The ground with what the requirements that are relative to the baseline are held against."""
    rows = {(m.device, m.kernel): m for run in outcome.runs for m in run.measurements if m.value is not None}
    return replace(ground, baseline=rows or None, grows=_grows())


def settle(run: Run, wish: BaselineWish, found: Sequence[Judgement]) -> tuple[Judgement, ...]:
    """Make the run the baseline where that was asked for, and nothing is wrong with it; otherwise say what is.

    Raises:
        Problem: a file cannot be written.
    """
    why = _unfit(run, found)
    made: tuple[Judgement, ...] = ()
    if wish.rebaseline and why is not None:
        words = f"this run did not become the baseline {wish.name}, which is as it was: {why}"
        made = (unheld(words, "mend that, then do it again", Action.RETRY),)
    elif wish.rebaseline:
        if wish.name != LAST_GOOD:
            _write(run, _file(wish))
        made = (taken(wish.name or ""),)
    if wish.write is not None and why is None:
        _write(run, wish.write)
        diagnostics.say(f"netmind: written as a baseline: {wish.write}")
    elif wish.write is not None:
        diagnostics.warn(f"--write-baseline {wish.write}: not written: {why}")
    return made


def _unfit(run: Run, found: Sequence[Judgement]) -> str | None:
    """Why a run cannot become a baseline, if anything is wrong with it."""
    if run.stopped is not None:
        return f"the run was {run.stopped}"
    bad = next((each for each in found if each.status not in _GOOD), None)
    return f"{bad.id} is {bad.status}" if bad is not None else trouble(run)


def note(run: Run, requirements: str, outcome: Outcome, found: Sequence[Judgement], at: str) -> None:
    """Remember what the run came to; a folder that cannot be written costs the note, never the verdict.

    A run with a suspicion that was not confirmed passes, and yet no later one is held against it.
    """
    if not (runs_dir() / f"{run.run_id}.json").is_file():
        return
    verdict = worst([each.status for each in found])
    own = [each.status for each in found if each.id == BASELINE or each.id.startswith(f"{BASELINE}.")]
    suspected = outcome.held is not None and bool(outcome.held.suspects)
    is_good = run.stopped is None and verdict in _GOOD and set(own) <= {Status.PASS} and not suspected
    notes = [
        Verdict(run_id=run.run_id, validated_at=at, requirements=requirements, verdict=verdict, is_good=is_good),
    ]
    if outcome.held is not None and outcome.held.second is not None:
        notes.append(replace(notes[0], run_id=outcome.held.second.run_id, is_good=False))
    try:
        for each in notes:
            remember(each, verdicts_dir())
    except OSError as error:
        words = (error.strerror or str(error)).lower()
        diagnostics.warn(f"what this run came to was not kept: {verdicts_dir()}: {words}")


_AGAIN = "let it run to its end"


def _only(run: Run, devices: set[str]) -> Run:
    return replace(
        run,
        devices=tuple(device for device in run.devices if device.id in devices),
        measurements=tuple(m for m in run.measurements if m.device in devices),
    )


def _file(wish: BaselineWish) -> Path:
    return Path(wish.name or "").expanduser()


def _write(run: Run, path: Path) -> None:
    from netmind_tui.document import encode_pretty  # noqa: PLC0415 - 30 ms that only writing needs

    output.write(encode_pretty(run), path)


def _grows() -> dict[str, str]:
    return {kernel.id: kernel.grows for kernel in open_catalog().kernels if kernel.grows}
