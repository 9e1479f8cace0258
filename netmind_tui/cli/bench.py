"""``netmind bench``: measure what each device really does, and say how sure that is."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netmind_tui.cli import diagnostics, output
from netmind_tui.cli.output import Format
from netmind_tui.cli.page import page_for
from netmind_tui.cli.share import redactor
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

if TYPE_CHECKING:
    from netmind_tui.bench.benchmark import Benchmark
    from netmind_tui.model.cost import Tariff
    from netmind_tui.model.measurement import Run

_FORMATS = (Format.TABLE, Format.JSON, Format.JSONL, Format.CSV, Format.MARKDOWN, Format.JUNIT, Format.PROMETHEUS)


def bench(
    *,
    suite: Annotated[
        str | None, typer.Option(help="preflight, quick, standard or sustained; quick unless given.")
    ] = None,
    kernel: Annotated[
        list[str] | None, typer.Option("--kernel", "-k", help="A kernel or a pattern such as 'gemm.*'; repeatable.")
    ] = None,
    device: Annotated[
        list[str] | None, typer.Option("--device", "-d", help="gpu:0, gpu:0-3, gpu, cpu, a UUID …; repeatable.")
    ] = None,
    provider: Annotated[str | None, typer.Option(help="Only devices of this provider: cpu or cuda.")] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, max=2**63 - 1, help="Seed of all data; the catalogue's unless given.")
    ] = None,
    max_time: Annotated[float | None, typer.Option(min=0.1, help="End the whole run after so many seconds.")] = None,
    watchdog: Annotated[
        float | None, typer.Option(min=0.5, help="Seconds that a worker may say nothing; by phase unless given.")
    ] = None,
    share: Annotated[bool, typer.Option("--share", help="Replace names, paths, UUIDs and addresses.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Measure on battery or beside others.")] = False,
    together: Annotated[
        bool, typer.Option("--together/--alone", help="Measure all GPUs at once, or one after the other.")
    ] = True,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for a device that another run measures.")] = False,
    require_idle: Annotated[
        bool, typer.Option("--require-idle", help="Do not measure while other programs take the processor.")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="End with 1 also for warn and unstable.")] = False,
    memory_share: Annotated[
        float | None,
        typer.Option(metavar="PCT", min=0.1, max=90, help="How much of each device's memory is examined."),
    ] = None,
    disk_folder: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A folder on the disk to measure; the state folder unless given.")
    ] = None,
    price: Annotated[
        str | None,
        typer.Option(
            metavar="PER_KWH", help="What a kWh costs: 0.30 or 0.30EUR; electricity.price_per_kwh unless given."
        ),
    ] = None,
    fee: Annotated[
        str | None,
        typer.Option(
            metavar="PCT", help="The share of what is earned that goes elsewhere; electricity.fee_pct unless given."
        ),
    ] = None,
    card: Annotated[Path | None, typer.Option(help="Draw the run as one picture (SVG), fit to be shown.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan with its time and memory.")] = False,
    list_kernels: Annotated[bool, typer.Option("--list", help="Show the kernels there are.")] = False,
    history: Annotated[bool, typer.Option("--history", help="Show the runs that were kept, newest first.")] = False,
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    form: Annotated[
        Format | None,
        typer.Option("--format", help="table, json, jsonl, csv, markdown, junit or prometheus.", show_choices=False),
    ] = None,
    path: Annotated[Path | None, typer.Option("-o", "--output", help="Write to a file instead of stdout.")] = None,
) -> int:
    """Measure every device, verify every result, and keep the run."""
    # Everything that measures is imported here: other commands do without its 60 ms.
    from netmind_tui.bench.benchmark import Benchmark, Wishes  # noqa: PLC0415 - see above

    offered = (Format.TABLE, Format.JSON) if list_kernels or dry_run or history else _FORMATS
    chosen = output.choose(form, json=json, offered=offered)
    extras = _extras(price, fee, card, path, measures=not (list_kernels or dry_run or history))
    if list_kernels:
        return _list(chosen, path)
    if history:
        from netmind_tui.cli.history import show  # noqa: PLC0415 - see above

        return show(chosen, path, kernel or (), device or (), suite)
    output.check(path)
    for name, value in (("--max-time", max_time), ("--watchdog", watchdog)):
        if value is not None and not math.isfinite(value):
            raise Problem(f"{name} {value}: a number of seconds is expected", ExitCode.USAGE)
    if memory_share is not None and not math.isfinite(memory_share):
        raise Problem(f"--memory-share {memory_share}: a percentage is expected", ExitCode.USAGE)
    if disk_folder is not None and not disk_folder.is_dir():
        raise Problem(f"--disk-folder {disk_folder}: no such folder", ExitCode.USAGE)
    wishes = Wishes(
        suite=suite or "quick",
        kernels=tuple(kernel or ()),
        devices=tuple(device or ()),
        provider=provider,
        seed=seed,
        max_time_s=max_time,
        silence_s=watchdog,
        force=force,
        wait=wait,
        together=together,
        memory_share=None if memory_share is None else memory_share / 100,
        disk_folder=None if disk_folder is None else disk_folder.resolve(),
    )
    with Benchmark(wishes) as benchmark:
        if dry_run:
            return _dry_run(benchmark, chosen, path)
        return _run(benchmark, chosen, path, extras, strict=strict, share=share, require_idle=require_idle)


@dataclass(frozen=True, slots=True)
class _Extras:
    """What is made of a finished run besides its document: the cost of an hour, and a picture."""

    tariff: "Tariff | None"
    card: Path | None


def _extras(price: str | None, fee: str | None, card: Path | None, path: Path | None, *, measures: bool) -> _Extras:
    """The wishes for afterwards, refused before the work if they cannot be fulfilled."""
    for name, wish in (("--price", price), ("--card", card)):
        if wish is not None and not measures:
            raise Problem(f"{name}: nothing is measured with --list, --dry-run or --history", ExitCode.USAGE)
    if card is not None:
        from netmind_tui.cli.card import check  # noqa: PLC0415 - 40 ms that only pictures and tables need

        check(card, path)
    return _Extras(_tariff(price, fee) if measures else None, card)


def _tariff(price: str | None, fee: str | None) -> "Tariff | None":
    """What was said with the command; the configuration's where nothing was."""
    from netmind_tui.config import config_path, read_config  # noqa: PLC0415 - see bench
    from netmind_tui.model.cost import Tariff, read_fee, read_price  # noqa: PLC0415 - see bench

    own = read_config()
    if fee is not None and price is None and own.price_per_kwh is None:
        raise Problem("--fee without --price: say what a kilowatt-hour costs, such as --price 0.30EUR", ExitCode.USAGE)
    fee_pct = read_fee(str(own.fee_pct) if fee is None else fee)
    if price is not None:
        return Tariff(price_per_kwh=read_price(price), fee_pct=fee_pct)
    if own.price_per_kwh is None:
        return None
    return Tariff(price_per_kwh=read_price(own.price_per_kwh), fee_pct=fee_pct, price_from=str(config_path()))


def _list(chosen: Format, path: Path | None) -> ExitCode:
    from netmind_tui.bench.catalog import open_catalog  # noqa: PLC0415 - see bench
    from netmind_tui.cli import plan_view  # noqa: PLC0415 - see bench
    from netmind_tui.document import encode_pretty  # noqa: PLC0415 - see bench
    from netmind_tui.model.plan import CatalogDocument  # noqa: PLC0415 - see bench

    catalog = open_catalog()
    if chosen is Format.JSON:
        output.write(encode_pretty(CatalogDocument(kernels=catalog.kernels, suites=catalog.suites)), path)
    else:
        output.write(plan_view.kernel_table(catalog.kernels, page_for(path)), path)
    return ExitCode.OK


def _dry_run(benchmark: "Benchmark", chosen: Format, path: Path | None) -> ExitCode:
    from netmind_tui.bench.report import plan_document  # noqa: PLC0415 - see bench
    from netmind_tui.cli import plan_view  # noqa: PLC0415 - see bench
    from netmind_tui.document import encode_pretty  # noqa: PLC0415 - see bench

    if chosen is Format.JSON:
        output.write(encode_pretty(plan_document(benchmark.plan)), path)
    else:
        output.write(plan_view.plan_table(benchmark.plan, page_for(path)), path)
    return ExitCode.OK


def _run(
    benchmark: "Benchmark",
    chosen: Format,
    path: Path | None,
    extras: _Extras,
    *,
    strict: bool,
    share: bool,
    require_idle: bool,
) -> ExitCode:
    from netmind_tui.bench.summary import with_costs  # noqa: PLC0415 - see bench
    from netmind_tui.cli.drained import drained  # noqa: PLC0415 - see bench
    from netmind_tui.model.measurement import exit_code  # noqa: PLC0415 - see bench

    streams = chosen is Format.JSONL and path is None and not share
    with drained(benchmark.plan):
        run = _measure(benchmark, streams=streams, require_idle=require_idle)
    if extras.tariff is not None:
        run = with_costs(run, extras.tariff)
    if not benchmark.plan.is_empty:
        keep_run(run)
    code = exit_code(run, strict=strict)
    try:
        if not streams:
            _write(run, chosen, path, strict=strict, share=share)
    finally:  # a reader who left does not cost the picture
        if extras.card is not None:
            from netmind_tui.cli.card import draw  # noqa: PLC0415 - 40 ms that only pictures and tables need

            draw(run, extras.card)
    return code


def _measure(benchmark: "Benchmark", *, streams: bool, require_idle: bool) -> "Run":
    """Look at the machine, say what may disturb, and measure."""
    from netmind_tui.bench.conditions import BUSY_PCT, warnings  # noqa: PLC0415 - see bench
    from netmind_tui.cli.bench_progress import Lively, Quiet, Streaming  # noqa: PLC0415 - see bench

    if not benchmark.plan.is_empty:
        found = benchmark.look_around()
        if require_idle and (found.other_cpu_util_pct or 0.0) > BUSY_PCT:
            busy = f"other programs take {found.other_cpu_util_pct:.0f} % of the processor"
            raise Problem(f"{busy}: end them, or leave --require-idle out", ExitCode.UNMEASURED)
        for sentence in warnings(found, benchmark.machine.host):
            diagnostics.warn(sentence)
    with Lively(benchmark.plan) if diagnostics.is_terminal() else Quiet(benchmark.plan) as watcher:
        return benchmark.run(Streaming(watcher, benchmark.run_id) if streams else watcher)


def _write(run: "Run", chosen: Format, path: Path | None, *, strict: bool, share: bool) -> None:
    try:
        output.write(_render(redactor().redact(run) if share else run, chosen, path, strict=strict), path)
    except Problem:
        if run.stopped is None:
            raise
        # The terminal went away with the signal; the run is kept, and the code says what happened.


def keep_run(run: "Run") -> None:
    """Store the run; a folder that cannot be written costs the copy, never the figures."""
    from netmind_tui.bench.store import keep  # noqa: PLC0415 - see bench
    from netmind_tui.paths import runs_dir  # noqa: PLC0415 - see bench

    try:
        kept = keep(run, runs_dir())
    except OSError as error:
        diagnostics.warn(f"this run was not kept: {runs_dir()}: {(error.strerror or str(error)).lower()}")
    else:
        diagnostics.say(f"netmind: kept as {kept}")


def _render(run: "Run", chosen: Format, path: Path | None, *, strict: bool) -> str:
    from netmind_tui.bench import report  # noqa: PLC0415 - see bench
    from netmind_tui.cli import bench_view  # noqa: PLC0415 - see bench
    from netmind_tui.document import encode_pretty  # noqa: PLC0415 - see bench

    if chosen is Format.JSON:
        return encode_pretty(run)
    if chosen is Format.JSONL:
        return "".join(f"{report.as_json_line(m, run.run_id)}\n" for m in run.measurements)
    if chosen is Format.CSV:
        return report.as_csv(run)
    if chosen is Format.MARKDOWN:
        return report.as_markdown(run)
    if chosen is Format.JUNIT:
        from netmind_tui.bench.junit import as_junit  # noqa: PLC0415 - only a CI server wants it

        return as_junit(run, strict=strict)
    if chosen is Format.PROMETHEUS:
        from netmind_tui.bench.prometheus import as_prometheus  # noqa: PLC0415 - only a monitor wants it

        return as_prometheus(run)
    return bench_view.table(run, page_for(path))
