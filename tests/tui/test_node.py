"""An agent's node on the screens: the state line, the line of time, what happened, and what the owner can say."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from netmind_tui.model.agent import AgentInfo, PolicyStatus, Question, Status
from netmind_tui.model.contribution import Contribution, Rung
from netmind_tui.model.decide import together
from netmind_tui.model.decision import Decision, Decisions, Reason
from netmind_tui.model.event import Event, EventKind
from netmind_tui.model.override import OverrideKind
from netmind_tui.model.timeline import DeviceLine, Span, Timeline
from netmind_tui.tui import node_say
from netmind_tui.tui.action import read_keymap
from netmind_tui.tui.app import NetmindApp
from netmind_tui.tui.demo_agent import DemoLink
from netmind_tui.tui.frame import Size, picture
from netmind_tui.tui.glyph import ASCII, UNICODE
from netmind_tui.tui.message import Focused, Moved, Ticked, Turned, Went
from netmind_tui.tui.node_badge import badge
from netmind_tui.tui.node_page import Place, is_of_use, spans
from netmind_tui.tui.node_state import Happened, Linked, Remembered, Unlinked
from netmind_tui.tui.picture import plain, width
from netmind_tui.tui.screen import activity, overview, time_line
from netmind_tui.tui.screen.device_chart import series
from netmind_tui.tui.screen.event_line import entries
from netmind_tui.tui.screen.time_cells import cells_of
from netmind_tui.tui.skin import ROLES, choose_skin
from netmind_tui.tui.state import reduce

NOW = datetime(2026, 11, 23, 14, 42, 31, tzinfo=UTC)
SIZES = ((60, 20), (80, 24), (100, 30), (120, 40))


def after(state, *messages):
    for message in messages:
        state = reduce(state, message)
    return state


@pytest.fixture
def story(eight):
    """Eight cards in the middle of a made-up story."""
    link = DemoLink(lambda: frozenset({"gpu:5"}), lambda: NOW)
    return after(eight, *link.news(), Ticked("14:42:31", 0.0, NOW))


def decision(
    device="gpu:0", state=Contribution.CONTRIBUTING, code="inside-window", sentence="inside window night", **more
):
    until, when = more.pop("until", None), more.pop("when", None)
    reason = Reason(code=code, sentence=sentence, rung=Rung.RUN, until=until, when=when)
    return Decision(
        device=device, state=state, rung=Rung.RUN, may_start=True, reasons=(reason,), window="night", until=until
    )


def status(*decisions, role="policy", **more):
    agent = AgentInfo(
        version="0.1.0", pid=1, node="box", started_at=NOW - timedelta(days=12), state_folder="", socket="", role=role
    )
    found = Decisions(at=NOW, devices=decisions, node=together(decisions))
    return Status(at=NOW, agent=agent, decisions=found, **more)


def spoken(state, cells=90, glyphs=UNICODE):
    return plain(badge(state, cells, glyphs)).strip()


def at(state, *decisions, **more):
    return after(state, Linked(status(*decisions, **more)), Ticked("14:42:31", 0.0, NOW))


SEVEN = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)


class TestPictures:
    @pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
    @pytest.mark.parametrize("screen", ["overview", "activity"])
    def test_of_eight(self, golden, show, story, screen, size):
        state = after(story, Went(screen))
        lines = show(state, *size)
        golden(f"agent-{screen}-eight-{size[0]}x{size[1]}", lines)
        assert {len(line) for line in lines} == {size[0]}

    @pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
    def test_of_one(self, golden, show, one, size):
        golden(f"agent-overview-one-{size[0]}x{size[1]}", show(of_one(one), *size))

    @pytest.mark.parametrize("screen", ["overview", "activity"])
    def test_in_ascii(self, golden, show, story, screen):
        lines = show(after(story, Went(screen)), 80, 24, ascii=True)
        golden(f"agent-{screen}-eight-80x24-ascii", lines)
        assert all(line.isascii() for line in lines)

    def test_a_moment_explained_and_an_event_whole(self, golden, show, story):
        explained = after(story, Focused("node"), Moved(box="node", row=15))
        golden("agent-overview-explained-100x30", show(explained, 100, 30))
        whole = after(story, Went("activity"), Moved(box="events", row=2), Turned("event", "2"))
        golden("agent-activity-whole-100x30", show(whole, 100, 30))

    def test_every_role_has_a_style(self, story):
        for screen in ("overview", "activity"):
            drawn = picture(after(story, Went(screen)), Size(120, 40), UNICODE, read_keymap({}))
            assert {span.role for line in drawn for span in line} <= set(ROLES)


def of_one(one):
    """A desktop whose card gave way to a game this morning, and contributes tonight."""
    name = one.gpus[0].id

    def span(start, end, state, code, sentence, window="night"):
        return Span(
            start=NOW + timedelta(hours=start),
            end=NOW + timedelta(hours=end),
            state=state,
            code=code,
            sentence=sentence,
            window=window,
        )

    gave = Contribution.GAVE_WAY
    line = DeviceLine(
        device=name,
        spans=(
            span(-24, -9, Contribution.CONTRIBUTING, "inside-window", "inside window night"),
            span(-9, -6, gave, "gpu-in-use", "gpu:0 is used by others: 6.3 GiB, over 1.0 GiB"),
            span(-6, -2, Contribution.OFFLINE, "no-agent", "no agent ran", None),
            span(-2, 7, Contribution.CONTRIBUTING, "inside-window", "inside window night"),
            span(7, 18, Contribution.IDLE, "outside-windows", "outside every window", None),
        ),
    )
    told = Timeline(
        zone="UTC", start=NOW - timedelta(hours=24), now=NOW, end=NOW + timedelta(hours=18), devices=(line,)
    )
    state = at(one, decision(name, until=NOW + timedelta(hours=7)))
    return replace(state, node=replace(state.node, timeline=told, looked_at=NOW - timedelta(hours=20)))


class TestTheStateLine:
    def test_says_until_when_for_how_long_and_why(self, one):
        told = at(one, decision(until=NOW + timedelta(hours=8, minutes=12)))
        assert spoken(told) == "● CONTRIBUTING until 22:54 (8 h 12 m) · window night · 1 of 1"
        assert spoken(told, glyphs=ASCII).startswith("C CONTRIBUTING")

    def test_gives_up_words_and_never_the_state(self, one):
        told = at(one, decision(until=SEVEN))
        lengths = [width(badge(told, cells, UNICODE)) for cells in range(16, 90)]
        assert all(length <= cells for length, cells in zip(lengths, range(16, 90), strict=True))
        assert spoken(told, 16) == "● CONTRIBUTING"

    def test_says_what_ends_it_where_no_moment_does(self, one):
        held = decision(
            state=Contribution.GAVE_WAY,
            code="user-active",
            sentence="somebody is here",
            when="once nobody is for 3 min",
        )
        assert spoken(at(one, held)) == "▲ GAVE WAY · somebody is here · once nobody is for 3 min · 1 of 1"

    def test_says_why_in_short_before_it_says_nothing_of_it(self, one):
        sentence = "needs your answer: cannot tell how hot cpu is (no temperature: not reported by this driver)"
        held = decision("cpu", Contribution.BLOCKED, "needs-answer", sentence, when="once you have answered")
        assert spoken(at(one, held), 40) == "■ BLOCKED · needs your answer"

    def test_promises_no_moment_where_a_condition_ends_it(self, one):
        held = decision(state=Contribution.GAVE_WAY, code="battery", sentence="on battery", when="once on mains")
        held = replace(held, until=SEVEN)  # the window ends then
        assert spoken(at(one, held)) == "▲ GAVE WAY · on battery · once on mains · 1 of 1"

    def test_names_no_device_where_there_is_one(self, one):
        idle = decision("cpu", Contribution.IDLE, "outside-windows", "outside every window of cpu", until=SEVEN)
        assert "outside every window · 1 of 1" in spoken(at(one, idle))

    def test_counts_devices_that_do_different_things(self, eight):
        lost = decision("gpu:5", Contribution.LOST, "lost", "fell off the bus")
        told = at(eight, *(decision(f"gpu:{number}") for number in range(5)), lost)
        assert spoken(told) == "● CONTRIBUTING 5 of 6 · ✖ 1 lost"
        assert spoken(told, 25) == "● CONTRIBUTING 5 of 6 ✖1"
        assert spoken(told, 17) == "● CONTRIBUTING"

    def test_is_on_every_screen(self, show, one):
        told = at(one, decision(until=SEVEN))
        for screen in ("overview", "devices", "bench", "schedule", "earnings", "cert", "activity", "settings"):
            assert "CONTRIBUTING until 07:00" in show(after(told, Went(screen)), 100, 30)[1]

    def test_says_that_the_agent_went_away_and_why(self, one):
        told = after(at(one, decision()), Unlinked("the agent hung up: it ends, or too many ask it"))
        assert "agent gone: the agent hung up" in spoken(told)
        assert told.needs[0].id == "agent-silent"
        assert "no agent" in spoken(after(told, Unlinked("none", is_absent=True)))

    @pytest.mark.parametrize("cells", [60, 100])
    def test_says_that_none_may_run_here(self, show, one, cells):
        barred = after(one, Unlinked("none may: this node waits", is_absent=True, barred="the node waits"))
        assert "OFF, the node waits" in show(barred, cells, 30)[1]
        assert "None may: this node waits" in " ".join(show(after(barred, Went("schedule")), cells, 30))
        assert barred.needs == one.needs

    def test_of_a_host_says_which_and_why_it_is_silent(self, one):
        far = replace(one, node=replace(one.node, place=Place(hostname="rig4", number=2, count=6)))
        told = after(far, Unlinked("rig4: ssh: connect to host rig4 port 22: No route to host"))
        assert spoken(told, 70) == "✖ rig4 gone: ssh: connect to host rig4 port 22: No route to host"
        assert spoken(told, 40) == "✖ rig4 gone: No route to host"
        assert told.needs[0].title == "rig4 does not answer: ssh: connect to host rig4 port 22: No route to host"


class TestWhatAnAgentTells:
    def test_its_questions_need_the_owner(self, one):
        asked = Question(id="user-active", sentence="run nevertheless?", command="netmind schedule check")
        told = at(one, decision(), questions=(asked,), policy=PolicyStatus(path="/p", refused="25:00 is no time"))
        assert [each.id for each in told.needs[:2]] == ["question.user-active", "policy-refused"]
        assert "netmind schedule check" in told.needs[0].remediation

    def test_another_version_is_said_and_offers_no_change(self, one):
        told = after(at(one, decision()), Linked(status(decision()), "this netmind is older than the agent"))
        assert told.needs[0].title == "this netmind is older than the agent"
        assert not told.node.may_control

    def test_who_may_only_read_is_offered_no_override(self, one):
        assert not is_of_use(at(one, decision(), role="read").node, "pause", "overview")
        assert is_of_use(at(one, decision(), role="control").node, "pause", "overview")

    def test_resume_is_offered_once_there_is_something_to_take_back(self, story, one):
        assert is_of_use(story.node, "resume", "overview")
        assert not is_of_use(at(one, decision()).node, "resume", "overview")

    def test_an_event_is_kept_once(self, one):
        event = Event(id=7, at="2026-11-23T14:00:00.000Z", kind=EventKind.AGENT_STARTED, sentence="it started")
        state = after(one, Happened((event,), is_all=True), Happened((event,)), Happened((replace(event, id=8),)))
        assert [each.id for each in state.node.events] == [7, 8]

    def test_longer_spans_are_offered_while_it_answers_and_come_from_it(self, one):
        name = one.gpus[0].id
        told = after(at(one, decision()), Remembered("24 h", {(name, "power_draw_w"): (None, 100.0, 150.0, 50.0)}))
        assert tuple(spans(one.node)) == ("2 m", "1 h")
        assert tuple(spans(told.node)) == ("2 m", "1 h", "24 h", "7 d")
        assert series(after(told, Turned("span", "24 h")), name, "power_draw_w", 4) == [None, 100.0, 150.0, 50.0]
        assert series(after(told, Turned("span", "7 d")), name, "power_draw_w", 2) == [None, None]


def test_the_screen_of_a_device_says_what_it_does_and_every_reason(show, one):
    name = one.gpus[0].id
    held = decision(name, Contribution.PAUSED, "paused", "paused by you", until=SEVEN)
    also = Reason(code="user-active", sentence="somebody is here", rung=Rung.STOP)
    first = replace(held.reason, lift="netmind resume gpu:0")
    lines = show(after(at(one, replace(held, reasons=(first, also))), Went("devices")), 100, 30)
    text = " ".join(" ".join(lines).split())
    assert "‖ paused until 07:00: paused by you" in text
    assert "netmind resume gpu:0" in text
    assert "also: somebody is here" in text


class TestTheLineOfTime:
    def span(self, start, end, state):
        return Span(start=NOW + start, end=NOW + end, state=state, code="c", sentence="s")

    def test_a_cell_shows_what_lasted_longest_in_it(self):
        minute = timedelta(minutes=1)
        line = DeviceLine(
            device="cpu",
            spans=(
                self.span(0 * minute, 10 * minute, Contribution.IDLE),
                self.span(10 * minute, 60 * minute, Contribution.CONTRIBUTING),
            ),
        )
        found = cells_of((line,), NOW, NOW + 60 * minute, 2)
        assert [cell.state for cell in found] == [Contribution.CONTRIBUTING] * 2
        assert [cell.state for cell in cells_of((line,), NOW, NOW + 15 * minute, 1)] == [Contribution.IDLE]

    def test_a_loss_is_seen_however_short_it_was(self):
        second = timedelta(seconds=1)
        line = DeviceLine(
            device="gpu:0",
            spans=(
                self.span(0 * second, 1800 * second, Contribution.CONTRIBUTING),
                self.span(1800 * second, 1805 * second, Contribution.LOST),
                self.span(1805 * second, 3600 * second, Contribution.CONTRIBUTING),
            ),
        )
        first, last = cells_of((line,), NOW, NOW + timedelta(hours=1), 2)
        assert (first.state, last.state, last.has_news) == (Contribution.CONTRIBUTING, Contribution.LOST, True)

    def test_what_is_lost_for_long_is_said_once_and_does_not_hide_what_the_others_do(self):
        hour = timedelta(hours=1)
        lost = DeviceLine(
            device="gpu:0",
            spans=(
                self.span(0 * hour, 1 * hour, Contribution.IDLE),
                self.span(1 * hour, 3 * hour, Contribution.LOST),
                self.span(3 * hour, 4 * hour, Contribution.LOST),
            ),
        )
        others = [
            DeviceLine(device=f"gpu:{n}", spans=(self.span(0 * hour, 4 * hour, Contribution.IDLE),)) for n in (1, 2)
        ]
        found = cells_of((lost, *others), NOW, NOW + 4 * hour, 4)
        assert [cell.state for cell in found] == [
            Contribution.IDLE,
            Contribution.LOST,
            Contribution.IDLE,
            Contribution.IDLE,
        ]

    def test_its_height_is_how_many_contribute(self, story):
        above, hours = time_line.drawn(story, 96, UNICODE, cursor=False)
        assert {width(above), width(hours)} == {96}
        past, _, future = plain(above).partition("┃")
        assert "✖" in past
        assert set(future.removesuffix(" +18 h").strip()) <= {"▇", "█", "░", "▆", "▲"}

    def test_the_cursor_begins_at_now_and_enter_leads_to_what_happened(self, story):
        assert story.view.row("node") == time_line.NOW_STEP
        assert overview.count(story, "node") == time_line.STEPS == overview.TIME_STEPS
        assert overview.opened(story, "node", 12) == "happened 12"
        told = time_line.explained(after(story, Moved(box="node", row=5)), 96, 2, UNICODE)
        assert "17:12" in plain(told[0])


class TestActivity:
    def test_flapping_is_one_entry_with_all_that_it_cost(self, story):
        told = (each for each in entries(story.node.events) if "times in" in each.folds[0].sentence)
        found = next(each for each in told if each.event.kind is EventKind.DECISION_CHANGED)
        assert found.devices == ("gpu:4",)
        assert found.cost_s == pytest.approx(14 * 90, rel=0.01)

    def test_the_same_of_all_devices_at_once_is_one_entry(self, story):
        found = [each.devices for each in activity.shown(story) if len(each.devices) > 1]
        assert tuple(f"gpu:{number}" for number in range(8)) in found

    def test_events_are_of_a_device_and_of_a_kind(self, story):
        own = after(story, Turned("activity device", "gpu:4"))
        assert {each.devices for each in activity.shown(own)} == {("gpu:4",)}
        assert activity.shown(after(story, Turned("activity kind", "certificates"))) == ()
        assert activity.twin(own) == "netmind log --since 7d gpu:4"

    def test_the_cost_of_a_state_is_of_what_began_it(self):
        def event(number, minute, state, **cost):
            return Event(
                id=number,
                at=f"2026-11-23T14:{minute:02}:00.000Z",
                kind=EventKind.DECISION_CHANGED,
                device="cpu",
                sentence=f"cpu {state}: because",
                data={"state": state, "code": state, "reason": "because"},
                cost=cost,
            )

        back, gave = entries((event(1, 0, "gave-way"), event(2, 30, "contributing", device_s=1800.0)))
        assert (gave.cost_s, back.cost_s) == (1800.0, 0.0)

    def test_without_a_journal_it_says_how_one_begins(self, show, one):
        assert any("netmind agent run" in line for line in show(after(one, Went("activity")), 80, 24))


class TestSaying:
    @pytest.mark.parametrize(
        ("words", "twin"),
        [
            ("1h", "netmind pause gpu:1 --for 1h"),
            ("until 18:00", "netmind pause gpu:1 --until 18:00"),
            ("tomorrow 07:00", "netmind pause gpu:1 --until 'tomorrow 07:00'"),
            ("until I resume", "netmind pause gpu:1"),
        ],
    )
    def test_words_are_a_request_and_a_command(self, words, twin):
        assert node_say.command(OverrideKind.PAUSE, ("gpu:1",), words) == twin
        assert node_say.asked(OverrideKind.PAUSE, ("gpu:1",), words, NOW).devices == ("gpu:1",)

    def test_a_length_and_a_moment_are_told_apart(self):
        assert node_say.asked(OverrideKind.PAUSE, (), "90m", NOW).for_s == 5400
        assert node_say.asked(OverrideKind.PAUSE, (), "18:00", NOW).until == NOW.replace(hour=18, minute=0, second=0)

    @pytest.mark.parametrize("words", ["soon", "25:00", "0h"])
    def test_what_is_no_time_is_said(self, words):
        assert node_say.fault(words, NOW)

    async def test_p_pauses_what_was_chosen_and_shows_the_command(self, eight, still, agreed):
        async with still(eight) as (app, pilot):
            await pilot.press("down", "p", "enter")
            await agreed(app)
            device = node_say.under_cursor(app.state)
            assert app.state.node.decision(device).state is Contribution.PAUSED
            assert app.state.said.sentence == f"paused {device}: netmind pause {device} --for 1h"

    async def test_stop_and_give_back_ask_once(self, eight, still, agreed):
        async with still(eight) as (app, pilot):
            await pilot.press("exclamation_mark", "enter", "k", "escape")
            assert app.feed.link.overrides == app.feed.link.before
            await pilot.press("exclamation_mark", "y")
            await agreed(app)
            assert {each.state for each in app.state.node.decisions.devices} == {Contribution.PAUSED}

    async def test_x_excludes_and_r_takes_it_back(self, eight, still, agreed):
        async with still(eight) as (app, pilot):
            await pilot.press("x")
            await agreed(app)
            assert app.feed.link.overrides[-1].until is None
            await pilot.press("r")
            await agreed(app)
            assert app.feed.link.overrides == ()

    async def test_read_only_nothing_is_said(self, eight, still):
        async with still(replace(eight, view=replace(eight.view, read_only=True))) as (app, pilot):
            await pilot.press("p", "x", "k", "f")
            assert app.feed.link.overrides == app.feed.link.before
            assert len(app.screen_stack) == 1

    async def test_who_may_only_look_is_told_so_before_anything_is_asked(self, eight, still, monkeypatch):
        made = DemoLink._status
        monkeypatch.setattr(
            DemoLink, "_status", lambda *given: replace(told := made(*given), agent=replace(told.agent, role="read"))
        )
        async with still(eight) as (app, pilot):
            for key in ("p", "f", "exclamation_mark", "x", "k"):
                await pilot.press(key)
                assert "you may only look at this agent" in app.state.said.sentence
                assert len(app.screen_stack) == 1


class Still:
    """A machine whose agent is made up."""

    kind, label = "live", ""

    def __init__(self):
        self.link = DemoLink(now=lambda: NOW)
        self.link.before = self.link.overrides

    def start(self):
        pass

    stop = start

    def new(self):
        return []

    def silent_s(self):
        return 0.0

    def ended(self):
        return None


@pytest.fixture
def still(monkeypatch):
    """An app that shows a state, with an agent that answers, and looks at nothing by itself."""

    class Shown:
        def __init__(self, state):
            feed = Still()
            skin = choose_skin("dark", ascii_only=False, has_colours=True)
            self.app = NetmindApp(feed, skin, read_keymap({}), state=after(state, *feed.link.news()))
            monkeypatch.setattr(self.app, "_begin", lambda: None)
            monkeypatch.setattr(self.app, "tick", lambda: self.app.dispatch(*self.app.lookout.news(self.app.state)))
            self.run = self.app.run_test(size=(100, 30))

        async def __aenter__(self):
            return self.app, await self.run.__aenter__()

        async def __aexit__(self, *error):
            return await self.run.__aexit__(*error)

    return Shown


@pytest.fixture
def agreed():
    """Wait until the agent has answered and that is shown."""

    async def wait(app):
        for _ in range(1000):
            app.tick()
            if app.state.said is not None:
                return
            await asyncio.sleep(0.005)
        raise AssertionError("it was not answered")

    return wait
