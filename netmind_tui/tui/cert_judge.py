"""Holding this machine against a profile of requirements; for threads beside the interface."""

from dataclasses import replace
from datetime import UTC, datetime
from platform import node
from typing import TYPE_CHECKING

from netmind_tui import __version__
from netmind_tui.bench.catalog import open_catalog
from netmind_tui.certify.judgement import judge
from netmind_tui.certify.judgement_ground import Declared, ground_of_run
from netmind_tui.certify.moment import written
from netmind_tui.certify.requirement_need import need_of
from netmind_tui.certify.requirement_profile import profile_names, read_profile
from netmind_tui.model.finding import worst
from netmind_tui.model.info import Tool
from netmind_tui.model.requirement import Against, RequirementsShown, Validation, action_of
from netmind_tui.tui.cert_page import Profile

if TYPE_CHECKING:
    from netmind_tui.config.source import Config
    from netmind_tui.model.finding import Finding
    from netmind_tui.model.measurement import Run


def profiles() -> tuple[Profile, ...]:
    """The profiles that come with this program, and what each has to be measured with."""
    catalog = open_catalog()
    found = []
    for name in profile_names():
        asked = read_profile(name, catalog)
        need = need_of(asked, catalog)
        found.append(
            Profile(
                name=name,
                title=asked.title,
                suite=need.suite,
                because=need.because,
                requirements=len(asked.requirements),
                sources=asked.sources,
            )
        )
    return tuple(found)


def judged(
    profile: str, run: "Run", findings: "tuple[Finding, ...] | None", config: "Config", now: datetime
) -> Validation:
    """What a run, and where there is one a diagnosis of the machine as it is now, say of a profile."""
    catalog = open_catalog()
    asked = read_profile(profile, catalog)
    need = need_of(asked, catalog)
    looked = run.suite in {suite.name for suite in catalog.suites if suite.looks_at_health}
    ground = ground_of_run(run, "run", looked_at_health=looked or findings is not None, findings=findings or ())
    if run.host.hostname == node():
        ground = replace(ground, declared=Declared(on=config.declared_on, values=config.declared))
    judgements = judge(asked, ground, now)
    return Validation(
        validated_at=written(now.astimezone(UTC)),
        tool=Tool(name="netmind", version=__version__),
        requirements=RequirementsShown(
            name=asked.name, title=asked.title, source=asked.source, sha256=asked.sha256, sources=asked.sources
        ),
        against=Against(
            kind="run", name=run.run_id, measured_at=run.finished_at, suite=run.suite, suite_reason=need.because
        ),
        judgements=judgements,
        verdict=worst([each.status for each in judgements]),
        action=action_of(judgements),
    )
