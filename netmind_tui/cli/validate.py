"""``netmind validate``: whether a machine, or what is certified of one, meets requirements; for CI, with a verdict."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netmind_tui.cli import diagnostics, output
from netmind_tui.cli.output import Format
from netmind_tui.cli.page import page_for
from netmind_tui.model.exit import ExitCode, foremost
from netmind_tui.model.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netmind_tui.certify.judgement_ground import Declared, Ground
    from netmind_tui.cli.validate_baseline import BaselineWish
    from netmind_tui.model.measurement import Run
    from netmind_tui.model.requirement import Against, Baseline, Judgement, Requirements, Validation

_FORMATS = (Format.TABLE, Format.JSON, Format.JUNIT, Format.MARKDOWN, Format.PROMETHEUS)


def validate(
    requirements: Annotated[
        str | None,
        typer.Argument(metavar="[REQUIREMENTS]", help="A TOML file of requirements, or a profile's name (--list)."),
    ] = None,
    *,
    certificate: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Hold this certificate against them; nothing is measured.")
    ] = None,
    run: Annotated[
        str | None, typer.Option(metavar="ID", help="Hold a kept run against them: its id, a file, last.")
    ] = None,
    device: Annotated[
        list[str] | None, typer.Option("--device", "-d", help="Only these: gpu:0, gpu:0-3, cpu, a UUID …; repeatable.")
    ] = None,
    nonce: Annotated[
        str | None, typer.Option(help="With --certificate: the word that you gave; it must answer that.")
    ] = None,
    trust: Annotated[
        list[Path] | None, typer.Option(metavar="KEYS", help="With --certificate: whom you believe; repeatable.")
    ] = None,
    allow_unknown_signer: Annotated[
        bool, typer.Option("--allow-unknown-signer", help="With --certificate: whoever signed it.")
    ] = False,
    revocations: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="With --certificate: a statement by which a key ended; repeatable."),
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Hold each rate against this earlier run's: a file, a folder, last-good."),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(metavar="PCT", help="With --baseline: by how many per cent slower is too slow; 5 unless given."),
    ] = None,
    rebaseline: Annotated[
        bool,
        typer.Option("--rebaseline", help="Make this run what --baseline names, instead of holding it against that."),
    ] = False,
    write_baseline: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write this run as a baseline, if it passes.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="End with 1 also for warn.")] = False,
    list_profiles: Annotated[
        bool, typer.Option("--list", help="Show the profiles that come with this program.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    form: Annotated[
        Format | None, typer.Option("--format", help="table, json, junit, markdown or prometheus.", show_choices=False)
    ] = None,
    path: Annotated[Path | None, typer.Option("-o", "--output", help="Write to a file instead of stdout.")] = None,
) -> int:
    """Hold this machine, a kept run or a certificate against requirements, and say which are met."""
    from netmind_tui.bench.catalog import open_catalog  # noqa: PLC0415 - 30 ms that other commands do without
    from netmind_tui.certify.requirement_profile import find_requirements, profile_names  # noqa: PLC0415 - see above

    chosen = output.choose(form, json=json, offered=(Format.TABLE, Format.JSON) if list_profiles else _FORMATS)
    wish = Wish(
        certificate=certificate,
        run=run,
        devices=tuple(device or ()),
        nonce=nonce,
        trust=tuple(trust or ()),
        allows_unknown=allow_unknown_signer,
        revocations=tuple(revocations or ()),
    )
    earlier = (baseline, threshold, rebaseline, write_baseline)
    has_baseline = baseline is not None or write_baseline is not None
    if list_profiles:
        if requirements is not None or wish != Wish() or earlier != (None, None, False, None):
            raise Problem("--list shows the profiles: leave everything but --format and -o out", ExitCode.USAGE)
        return _list(chosen, path)
    _check(wish)
    before = _baseline(*earlier, measures=wish.certificate is None and wish.run is None)
    if requirements is None and not has_baseline:
        names = ", ".join(profile_names())
        words = f"a file of requirements, a profile or --baseline is expected: {names}; see --list"
        raise Problem(words, ExitCode.USAGE)
    output.check(path)
    asked = find_requirements(requirements, open_catalog()) if requirements is not None else None
    validation, codes = _validate(asked, wish, before)
    _show(validation, chosen, path, strict=strict)
    from netmind_tui.model.requirement import exit_code  # noqa: PLC0415 - see above

    return foremost([*codes, exit_code(validation.judgements, strict=strict)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What to hold against the requirements: a certificate, a kept run, or a run made now; and of which devices."""

    certificate: Path | None = None
    run: str | None = None
    devices: tuple[str, ...] = ()
    nonce: str | None = None
    trust: tuple[Path, ...] = ()
    allows_unknown: bool = False
    revocations: tuple[Path, ...] = ()


def _check(wish: Wish) -> None:
    """Refuse wishes that contradict each other before anything is read or measured."""
    if wish.certificate is not None and wish.run is not None:
        raise Problem("--certificate and --run contradict each other: give one of them", ExitCode.USAGE)
    if wish.certificate is None:
        given = (
            ("--nonce", wish.nonce is not None),
            ("--trust", bool(wish.trust)),
            ("--allow-unknown-signer", wish.allows_unknown),
            ("--revocations", bool(wish.revocations)),
        )
        for name, is_given in given:
            if is_given:
                raise Problem(f"{name} without --certificate: there is no signature to check", ExitCode.USAGE)


def _baseline(
    name: str | None, threshold_pct: float | None, rebaseline: bool, write: Path | None, *, measures: bool
) -> "BaselineWish | None":
    """What is wished of a baseline, if anything is."""
    if (name, threshold_pct, rebaseline, write) == (None, None, False, None):
        return None
    from netmind_tui.cli import validate_baseline  # noqa: PLC0415 - see validate

    wish = validate_baseline.BaselineWish(name=name, threshold_pct=threshold_pct, rebaseline=rebaseline, write=write)
    validate_baseline.check(wish, measures=measures)
    return wish


def _validate(
    asked: "Requirements | None", wish: Wish, before: "BaselineWish | None"
) -> "tuple[Validation, list[ExitCode]]":
    """The judgements, and the codes that measuring ended with."""
    from netmind_tui.certify.judgement import judge, unjudged  # noqa: PLC0415 - see validate
    from netmind_tui.model.requirement import Against  # noqa: PLC0415 - see validate

    if asked is None or (wish.certificate is None and wish.run is None):
        return _measured(asked, wish, before)
    now = datetime.now(UTC)
    if wish.certificate is not None:
        first, ground = _certified(wish, now)
        if ground is None:
            because = "not judged, because the certificate does not verify"
            judgements = (first, *unjudged(asked, because, first.remediation or ""))
            return _document(asked, Against(kind="certificate", name=wish.certificate.name), judgements, now), []
        ground, absent = _only(ground, wish.devices)
        against = Against(
            kind="certificate",
            name=ground.name,
            measured_at=ground.measured_at,
            suite=ground.suite,
            node_key=ground.node_key,
        )
        return _document(asked, against, (first, *absent, *judge(asked, ground, now)), now), []
    ground, absent = _only(_kept(wish.run or ""), wish.devices)
    against = Against(kind="run", name=ground.name, measured_at=ground.measured_at, suite=ground.suite)
    return _document(asked, against, (*absent, *judge(asked, ground, now)), now), []


def _measured(
    asked: "Requirements | None", wish: Wish, before: "BaselineWish | None"
) -> "tuple[Validation, list[ExitCode]]":
    """Measure what the requirements and the baseline need, and judge that."""
    from netmind_tui.bench.catalog import open_catalog  # noqa: PLC0415 - see validate
    from netmind_tui.certify.judgement import absent_device, judge  # noqa: PLC0415 - see validate
    from netmind_tui.certify.requirement_need import need_of, need_of_baseline  # noqa: PLC0415 - see validate
    from netmind_tui.cli import validate_baseline  # noqa: PLC0415 - see validate
    from netmind_tui.cli.validate_run import ended, ground_of, measure  # noqa: PLC0415 - 60 ms that only measuring needs
    from netmind_tui.model.requirement import Against, Requirements  # noqa: PLC0415 - see validate

    before = before or validate_baseline.BaselineWish()
    base = validate_baseline.read(before)
    catalog = open_catalog()
    need = need_of_baseline(base, catalog, need_of(asked, catalog) if asked else None)
    because = need.because or ("it shows everything that is required" if asked else "it has every kernel for a moment")
    diagnostics.say(f"netmind: measuring with suite {need.suite}: {because}")
    run = measure(need, wish.devices)
    outcome = validate_baseline.held_against(run, base, before, wish.devices)
    now = datetime.now(UTC)
    ground = validate_baseline.known(ground_of(run, need, wish.devices), outcome)
    ground = replace(ground, declared=_declared(run))
    absent = [absent_device(name, why) for name, why in ground.missing.items()] if wish.devices else []
    against = Against(
        kind="now", name=run.run_id, measured_at=run.finished_at, suite=run.suite, suite_reason=need.because
    )
    nothing = Requirements(name="", title="", sources=(), source="", sha256="", requirements=())
    judgements = (*absent, *judge(asked or nothing, ground, now), *outcome.judgements)
    judgements += validate_baseline.settle(run, before, judgements)
    held = outcome.held
    document = _document(asked, against, judgements, now, baseline=held.baseline if held else None)
    validate_baseline.note(run, document.name, outcome, judgements, document.validated_at)
    return document, [*ended(run), *(ended(held.second) if held and held.second else ())]


def _certified(wish: Wish, now: datetime) -> "tuple[Judgement, Ground | None]":
    """What became of verifying the certificate, and what it shows."""
    from netmind_tui.certify import trust  # noqa: PLC0415 - 90 ms that only what verifies needs
    from netmind_tui.certify.judgement_certificate import open_certificate  # noqa: PLC0415 - see above
    from netmind_tui.certify.nonce import check_nonce  # noqa: PLC0415 - see above
    from netmind_tui.certify.verify import Terms  # noqa: PLC0415 - see above

    if wish.nonce is not None:
        check_nonce(wish.nonce)
    keys = {key: word for each in wish.trust for key, word in trust.read_keys(each).items()} if wish.trust else None
    ends = [trust.read_revocation(each) for each in wish.revocations]
    terms = Terms(now=now, nonce=wish.nonce, trust=trust.of(keys, (), ends, unknown=wish.allows_unknown))
    assert wish.certificate is not None  # noqa: S101 - the caller asked
    return open_certificate(wish.certificate, terms)


def _kept(name: str) -> "Ground":
    """What a kept run shows; one run is expected."""
    from netmind_tui.bench.catalog import open_catalog  # noqa: PLC0415 - see validate
    from netmind_tui.bench.store import find_run  # noqa: PLC0415 - see validate
    from netmind_tui.certify.judgement_ground import ground_of_run  # noqa: PLC0415 - see validate
    from netmind_tui.paths import runs_dir  # noqa: PLC0415 - see validate

    listing = find_run(name, runs_dir())
    for sentence in listing.damaged:
        diagnostics.warn(f"left out: {sentence}")
    if len(listing.runs) != 1:
        raise Problem(f"--run {name}: one run is expected, and this means {len(listing.runs)}", ExitCode.USAGE)
    run = listing.runs[0]
    looked = {suite.name for suite in open_catalog().suites if suite.looks_at_health}
    ground = ground_of_run(run, "run", looked_at_health=run.suite in looked)
    return replace(ground, declared=_declared(run))


def _only(ground: "Ground", names: "Sequence[str]") -> "tuple[Ground, list[Judgement]]":
    """What is known of the devices that were named, and a judgement for each that is not among them."""
    if not names:
        return ground, []
    from netmind_tui.certify.judgement import absent_device  # noqa: PLC0415 - see validate
    from netmind_tui.config import read_config  # noqa: PLC0415 - only names can be aliases
    from netmind_tui.model.selector import select  # noqa: PLC0415 - see above

    selection = select(names, ground.devices, read_config().alias)
    ids = {device.id for device in selection.devices}
    kept = replace(
        ground,
        devices=selection.devices,
        measurements=tuple(row for row in ground.measurements if row.device in ids),
    )
    absent = [absent_device(selection.called(name), f"not in {ground.name}") for name in selection.missing]
    return kept, absent


def _declared(run: "Run") -> "Declared | None":
    """What the owner declares, of this machine and no other."""
    import platform  # noqa: PLC0415 - see validate

    from netmind_tui.certify.judgement_ground import Declared  # noqa: PLC0415 - see validate
    from netmind_tui.config import read_config  # noqa: PLC0415 - see validate

    if run.host.hostname != platform.node():
        return None
    config = read_config()
    return Declared(on=config.declared_on, values=config.declared)


def _document(
    asked: "Requirements | None",
    against: "Against",
    judgements: "tuple[Judgement, ...]",
    now: datetime,
    *,
    baseline: "Baseline | None" = None,
) -> "Validation":
    from netmind_tui import __version__  # noqa: PLC0415 - see validate
    from netmind_tui.model.finding import worst  # noqa: PLC0415 - see validate
    from netmind_tui.model.info import Tool  # noqa: PLC0415 - see validate
    from netmind_tui.model.requirement import RequirementsShown, Validation, action_of  # noqa: PLC0415 - see validate

    return Validation(
        validated_at=now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        tool=Tool(name="netmind", version=__version__),
        requirements=RequirementsShown(
            name=asked.name, title=asked.title, source=asked.source, sha256=asked.sha256, sources=asked.sources
        )
        if asked
        else None,
        against=against,
        baseline=baseline,
        judgements=judgements,
        verdict=worst([each.status for each in judgements]),
        action=action_of(judgements),
    )


def _show(validation: "Validation", chosen: Format, path: Path | None, *, strict: bool) -> None:
    """Write the document, and tell GitHub where it asks."""
    import os  # noqa: PLC0415 - see validate

    from netmind_tui.cli import validate_github, validate_view  # noqa: PLC0415 - see validate

    on_github = validate_github.is_github() or "GITHUB_STEP_SUMMARY" in os.environ
    try:
        text = _render(validation, chosen, path, strict=strict)
        output.write(validate_github.unheard(text) if path is None and chosen is not Format.JSON else text, path)
    finally:  # a reader who left does not cost the job its summary
        if on_github:
            validate_github.tell(validation, validate_view.markdown(validation))


def _render(validation: "Validation", chosen: Format, path: Path | None, *, strict: bool) -> str:
    if chosen is Format.JSON:
        from netmind_tui.document import encode_pretty  # noqa: PLC0415 - see validate

        return encode_pretty(validation)
    if chosen is Format.JUNIT:
        from netmind_tui.bench.junit import findings_as_junit  # noqa: PLC0415 - only a CI server wants it
        from netmind_tui.model.requirement import as_finding  # noqa: PLC0415 - see above

        properties = {
            "requirements": validation.name,
            "sha256": validation.requirements.sha256 if validation.requirements else "",
            "baseline": ", ".join(validation.baseline.runs) if validation.baseline else "",
            "against": f"{validation.against.kind} {validation.against.name}",
            "verdict": validation.verdict.value,
            "action": validation.action.value,
            "version": validation.tool.version,
        }
        found = [as_finding(each) for each in validation.judgements]
        at = validation.validated_at
        return findings_as_junit("netmind.validate", found, timestamp=at, properties=properties, strict=strict)
    if chosen is Format.PROMETHEUS:
        from netmind_tui.certify.judgement_prometheus import as_prometheus  # noqa: PLC0415 - only a monitor wants it

        return as_prometheus(validation)
    from netmind_tui.cli import validate_view  # noqa: PLC0415 - see validate

    if chosen is Format.MARKDOWN:
        return validate_view.markdown(validation)
    return validate_view.table(validation, page_for(path), strict=strict)


def _list(chosen: Format, path: Path | None) -> ExitCode:
    from netmind_tui.bench.catalog import open_catalog  # noqa: PLC0415 - see validate
    from netmind_tui.certify.requirement_profile import list_profiles  # noqa: PLC0415 - see validate

    document = list_profiles(open_catalog())
    if chosen is Format.JSON:
        from netmind_tui.document import encode_pretty  # noqa: PLC0415 - see validate

        output.write(encode_pretty(document), path)
    else:
        from netmind_tui.cli import validate_view  # noqa: PLC0415 - see validate

        output.write(validate_view.profile_table(document, page_for(path)), path)
    return ExitCode.OK
