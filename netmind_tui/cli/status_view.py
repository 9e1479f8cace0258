"""``netmind status`` for people: one node in full, or several, a row each."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from netmind_tui.cli import work_word
from netmind_tui.cli.fleet import Answered
from netmind_tui.cli.page import MIDDLE, NARROW, Page, printed
from netmind_tui.cli.state_word import SIGNS, ends, headline, one_line, override_words, watts, when
from netmind_tui.model.agent import Status
from netmind_tui.model.contribution import Contribution
from netmind_tui.model.sample import DeviceSample
from netmind_tui.model.situation import GuardFact


def table(status: Status, page: Page) -> str:
    """One node: its badge, its devices, and what the owner and the guards say."""
    return printed(_blocks(status, page.width), page)


def rows(answers: Sequence[Answered], page: Page) -> str:
    """Several nodes: a row each, those that did not answer with the reason."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for each in answers:
        if each.status is None:
            grid.add_row(Text(each.host, style="bold"), Text("✖ no answer", style="red"), Text(each.reason or ""))
            continue
        whole = each.status.decisions.node if each.status.decisions is not None else None
        state = whole.state if whole is not None else Contribution.OFFLINE
        reason = whole.reason.sentence if whole is not None and whole.reason is not None else ""
        until = f"until {when(whole.until, each.status.at)}, " if whole is not None and whole.until is not None else ""
        grid.add_row(
            Text(each.host, style="bold"),
            Text(one_line(each.status), style=SIGNS[state][1]),
            Text(f"{state} {until}{reason}".rstrip(", "), style=""),
        )
    return printed([grid], page)


def _blocks(status: Status, width: int) -> Iterator[RenderableType]:
    state = status.decisions.node.state if status.decisions is not None else Contribution.OFFLINE
    yield Text(headline(status), style=f"bold {SIGNS[state][1]}")
    if status.devices:
        yield Padding(_devices(status, width), (0, 0, 0, 2))
    facts = Table.grid(padding=(0, 2))
    facts.add_column(no_wrap=True, style="dim")
    facts.add_column(overflow="fold")
    for label, text in _facts(status):
        facts.add_row(label, text)
    yield Padding(facts, (0, 0, 0, 2))


def _devices(status: Status, width: int) -> Table:
    decisions = {each.device: each for each in status.decisions.devices} if status.decisions is not None else {}
    samples = {each.device: each for each in status.sample.devices} if status.sample is not None else {}
    grid = Table.grid(padding=(0, 2))
    for _ in range(5 if width >= NARROW else 3):
        grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for device in status.devices:
        decision = decisions.get(device.device)
        state = decision.state if decision is not None else Contribution.OFFLINE
        sign, style = SIGNS[state]
        since = when(device.since, status.at) if device.since is not None else ""
        until = ends(decision, status.at) if decision is not None else ""
        cells = [
            Text(device.device, style="bold"),
            Text(f"{sign} {state}", style=style),
            Text(f"→ {until}" if until else "", style="dim"),
        ]
        if width >= NARROW:
            cells.insert(2, Text(f"since {since}" if since else "", style="dim"))
            cells.append(Text(_now(samples.get(device.device))))
        reason = decision.reason.sentence if decision is not None and decision.reasons else ""
        works = work_word.on_device(status, device.device, decision)
        is_told = decision is not None and decision.reasons and decision.reason.code == work_word.NO_WORK
        reason = works if works and is_told else ": ".join(each for each in (works, reason) if each)
        name = f"{device.name}: " if device.name and width >= MIDDLE and not reason else ""
        grid.add_row(*cells, Text(f"{name}{reason}" if reason else (device.name or "")))
    return grid


def _now(sample: DeviceSample | None) -> str:
    if sample is None:
        return ""
    power = watts(sample.power_draw_w) if sample.power_draw_w is not None else ""
    heat = f"{sample.temperature_c} °C" if sample.temperature_c is not None else ""
    return f"{power} {heat}".strip()


def _facts(status: Status) -> Iterator[tuple[str, Text]]:
    for sentence in status.warnings:
        yield "warning", Text(sentence, style="red")
    for words, style in work_word.rows(status):
        yield "work", Text(words, style=style)
    for each in status.overrides:
        yield "override", Text(override_words(each, status.at), style="cyan")
    for question in status.questions:
        yield "question", Text(f"{question.sentence}: {question.command}", style="yellow")
    for fact in status.facts:
        yield "guard", _guard(fact, status)
    policy = status.policy
    windows = f"{policy.windows} window{'' if policy.windows == 1 else 's'}, {policy.zone}"
    yield "policy", Text(f"{policy.path or 'none'}: {windows}")
    if policy.refused is not None:
        yield "refused", Text(f"not in force: {policy.refused}", style="red")
    if status.agent is not None:
        agent = status.agent
        since = when(agent.started_at, status.at)
        yield "agent", Text(f"{agent.version}, since {since}, started by {agent.unit}; you may {_may(agent.role)}")


def _guard(fact: GuardFact, status: Status) -> Text:
    where = f" {fact.device}" if fact.device is not None else ""
    if fact.unknown is not None:
        return Text(f"{fact.kind}{where}: cannot be seen: {fact.unknown}", style="yellow")
    value = f" {fact.value}" if fact.value else ""
    limit = f" (limit {fact.limit})" if fact.limit else ""
    source = f" by {fact.source}" if fact.source else ""
    since = f" since {when(fact.since, status.at)}" if fact.denies and fact.since is not None else ""
    verdict = f", denies{since}" if fact.denies else ""
    return Text(f"{fact.kind}{where}:{value}{limit}{source}{verdict}", style="yellow" if fact.denies else "")


def _may(role: str) -> str:
    return {"read": "read", "control": "read and control", "policy": "do everything"}.get(role, role)
