"""``netmind certify``: measure, sign what was measured, and verify the result as anybody else would."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netmind_tui.cli import diagnostics, output
from netmind_tui.cli.certify_proof import Proving
from netmind_tui.cli.output import Format
from netmind_tui.cli.verify import FORMATS, show
from netmind_tui.model.exit import ExitCode, foremost
from netmind_tui.model.problem import Problem

if TYPE_CHECKING:
    from netmind_tui.certify.identity import Identity
    from netmind_tui.certify.issue import Issued
    from netmind_tui.cli.challenged import Challenged
    from netmind_tui.model.certificate import Scope
    from netmind_tui.model.measurement import Run

_SUITE = "standard"


def certify(
    *,
    suite: Annotated[
        str | None, typer.Option(help="quick (burst), standard or sustained; standard unless given.")
    ] = None,
    nonce: Annotated[
        str | None, typer.Option(help="A verifier's word: everything is measured with data drawn from it.")
    ] = None,
    scope: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The verifier's public word, within which they know a card again."),
    ] = None,
    device: Annotated[
        list[str] | None, typer.Option("--device", "-d", help="gpu:0, gpu:0-3, gpu, cpu, a UUID …; repeatable.")
    ] = None,
    run_name: Annotated[
        str | None, typer.Option("--run", metavar="ID", help="Sign a kept run (last, an id, a file); measure nothing.")
    ] = None,
    proof: Annotated[
        bool, typer.Option("--proof", help="Add a proof that the work was done, which says nothing about time.")
    ] = False,
    challenger: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Be timed by this challenger, too; without it the level is lower."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    form: Annotated[Format | None, typer.Option("--format", help="table or json.", show_choices=False)] = None,
    path: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", help="Where the certificate goes, FILE.result.json beside it; kept in any case."
        ),
    ] = None,
) -> int:
    """Measure this machine and sign what it did, so that others can check it offline."""
    chosen = output.choose(form, json=json, offered=FORMATS)
    # Everything that measures and signs is imported here: other commands do without its 150 ms.
    from netmind_tui.certify import shelf  # noqa: PLC0415 - see above
    from netmind_tui.certify.identity import Identity  # noqa: PLC0415 - see above
    from netmind_tui.certify.nonce import check_nonce  # noqa: PLC0415 - see above
    from netmind_tui.certify.scope import open_scope  # noqa: PLC0415 - see above
    from netmind_tui.paths import identity_dir  # noqa: PLC0415 - see above

    within = open_scope(scope)
    if nonce is not None:
        check_nonce(nonce)
    if challenger is not None:
        from netmind_tui.model.place import read_url  # noqa: PLC0415 - see above

        read_url(challenger)
    if path is not None:
        shelf.check_copy(path)
        output.check(path)
    for name, wish in (("--nonce", nonce), ("--suite", suite), ("--device", device)):
        if run_name is not None and wish:
            raise Problem(f"--run {run_name} was measured already: {name} would change nothing of it", ExitCode.USAGE)
    identity = Identity(identity_dir())
    run = _measured(suite or _SUITE, tuple(device or ()), nonce, identity) if run_name is None else _kept(run_name)
    proving = Proving(nonce) if proof else None
    challenged = _challenged(challenger, run, identity, within)
    return _certify(run, identity, within, nonce, chosen, path, proving, challenged)


def _challenged(url: str | None, run: "Run", identity: "Identity", scope: "Scope") -> "Challenged | None":
    """What a challenger says of the devices of a run, where one is asked."""
    if url is None:
        return None
    from netmind_tui.certify.making import check_run  # noqa: PLC0415 - see certify
    from netmind_tui.cli.challenged import challenged, open_node  # noqa: PLC0415 - see certify

    check_run(run)
    key = identity.signing_key(_written(datetime.now(UTC)))
    return challenged(open_node(url, key), key, tuple(each.id for each in run.devices), scope)


def _certify(
    run: "Run",
    identity: "Identity",
    scope: "Scope",
    nonce: str | None,
    chosen: Format,
    path: Path | None,
    proving: Proving | None,
    challenged: "Challenged | None",
) -> ExitCode:
    """Sign a run, verify that, keep both files, and report."""
    from netmind_tui.certify.making import NAME, Maker, make  # noqa: PLC0415 - see certify
    from netmind_tui.model.verification import exit_code  # noqa: PLC0415 - see certify
    from netmind_tui.paths import certificates_dir  # noqa: PLC0415 - see certify

    maker = Maker(identity=identity, folder=certificates_dir(), warn=diagnostics.warn)
    name = NAME if path is None else path.name
    signed = challenged.signed if challenged is not None else None
    made = make(run, maker, scope, datetime.now(UTC), nonce=nonce, name=name, prove=proving, challenge=signed)
    if made.left_out is not None:
        diagnostics.warn(f"it would not hold with the challenger's verdict, {made.left_out}; certified without it")
    diagnostics.say(f"netmind: certificate kept as {made.path}")
    if path is not None:
        _copy(made.issued, path, made.path)
    shown = replace(made.verification.files[0], path=str(path or made.path))
    show(replace(made.verification, files=(shown,)), chosen, None)
    asked_for = [each.code for each in (proving, challenged) if each is not None]
    asked_for += [ExitCode.UNMEASURED] if made.left_out is not None else []
    return foremost([exit_code(made.verification), *asked_for])


def _measured(suite: str, devices: tuple[str, ...], nonce: str | None, identity: "Identity") -> "Run":
    """A new run, kept like every other one; refused before the work where nothing of it could be signed."""
    from netmind_tui.bench.benchmark import Benchmark, Wishes  # noqa: PLC0415 - see certify
    from netmind_tui.bench.conditions import warnings  # noqa: PLC0415 - see certify
    from netmind_tui.certify.nonce import seed_of  # noqa: PLC0415 - see certify
    from netmind_tui.cli.bench import keep_run  # noqa: PLC0415 - see certify
    from netmind_tui.cli.bench_progress import Lively, Quiet  # noqa: PLC0415 - see certify
    from netmind_tui.cli.drained import drained  # noqa: PLC0415 - see certify

    wishes = Wishes(suite=suite, devices=devices, seed=None if nonce is None else seed_of(nonce))
    with Benchmark(wishes) as benchmark:
        if not benchmark.plan.suite.certifies:
            words = "certifies nothing: quick, standard and sustained do"
            raise Problem(f"--suite {suite} {words}", ExitCode.USAGE)
        if benchmark.plan.is_empty:
            why = "; ".join(dict.fromkeys(step.refused.detail for step in benchmark.plan.steps if step.refused))
            raise Problem(f"nothing can be measured: {why or 'there is no such device'}", ExitCode.UNMEASURED)
        identity.signing_key(_written(datetime.now(UTC)))  # one that may not sign is found before the work
        with drained(benchmark.plan):
            for sentence in warnings(benchmark.look_around(), benchmark.machine.host):
                diagnostics.warn(sentence)
            with Lively(benchmark.plan) if diagnostics.is_terminal() else Quiet(benchmark.plan) as watcher:
                run = benchmark.run(watcher)
    keep_run(run)
    return run


def _kept(name: str) -> "Run":
    """The one run that a name means, measured here.

    Raises:
        Problem: there is none, there are several, or it is another machine's.
    """
    from netmind_tui.bench.store import find_run  # noqa: PLC0415 - see certify
    from netmind_tui.certify.making import check_host  # noqa: PLC0415 - see certify
    from netmind_tui.paths import runs_dir  # noqa: PLC0415 - see certify

    runs = find_run(name, runs_dir()).runs
    if len(runs) != 1:
        raise Problem(f"--run {name} means {len(runs)} runs: name one of them", ExitCode.USAGE)
    check_host(runs[0])
    return runs[0]


def _copy(issued: "Issued", path: Path, kept: Path) -> None:
    from netmind_tui.certify import shelf  # noqa: PLC0415 - see certify

    try:
        beside = shelf.copy(issued, path)
    except OSError as error:
        cause = (error.strerror or str(error)).lower()
        raise Problem(f"cannot write {path}: {cause}; the certificate is kept as {kept}", ExitCode.USAGE) from error
    diagnostics.say(f"netmind: wrote {path} and {beside.name} beside it: pass on both")


def _written(moment: datetime) -> str:
    from netmind_tui.certify.moment import written  # noqa: PLC0415 - see certify

    return written(moment)
