"""The week painted with keys and mouse, its effect before it is saved, and where it is put in force."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from textual import events
from textual.geometry import Offset

from netmind_tui.model.agent import AgentInfo, DeviceStatus, PolicyStatus, Status
from netmind_tui.model.contribution import Contribution, Rung
from netmind_tui.model.decide import together
from netmind_tui.model.decision import Decision, Decisions, Reason
from netmind_tui.model.override import OverrideKind
from netmind_tui.model.paint import Brush, fields
from netmind_tui.model.paint import painted as paint
from netmind_tui.model.policy import GuardKind
from netmind_tui.model.problem import Problem
from netmind_tui.model.situation import GuardFact
from netmind_tui.model.timeline import DeviceLine, Span, Timeline
from netmind_tui.node.policy.file import source_of
from netmind_tui.node.policy.render import render
from netmind_tui.tui import schedule_entry, schedule_page
from netmind_tui.tui.action import read_keymap
from netmind_tui.tui.app import NetmindApp
from netmind_tui.tui.frame import Size, picture
from netmind_tui.tui.glyph import UNICODE
from netmind_tui.tui.message import Ticked, Went
from netmind_tui.tui.node_page import Node
from netmind_tui.tui.node_state import Linked, Termed
from netmind_tui.tui.schedule_page import Own
from netmind_tui.tui.schedule_state import Dipped, Drafted, Dropped, Opened, Pointed, Recalled, Saved, Shown
from netmind_tui.tui.screen import schedule
from netmind_tui.tui.skin import ROLES, choose_skin
from netmind_tui.tui.state import reduce

NOW = datetime(2026, 11, 24, 12, 10, tzinfo=UTC)  # a Tuesday
LEAPS = datetime(2026, 3, 29, 0, 10, tzinfo=UTC)
HERE = 48 + 24
SIZES = ((60, 20), (80, 24), (100, 30), (120, 40))
TEXT = """# my terms
zone = "UTC"
[profile.night]
power_cap_w = 200
[profile.eco]

# nights
[[window]]
days = "daily"
from = "22:00"
to = "07:00"
profile = "night"

[guard.cpu-busy]
max_pct = 30   # mine
"""


def after(state, *messages):
    for message in messages:
        state = reduce(state, message)
    return state


def document(text=TEXT):
    return source_of(Path("/p/policy.toml"), text.encode()).document


class Agent:
    """An agent that keeps a policy in memory, and may be told by somebody else."""

    def __init__(self):
        self.document, self.said, self.messages = document(), [], []

    def start(self): ...

    stop = start

    def follow(self, state): ...

    def news(self):
        told, self.messages = self.messages, []
        return told

    def say(self, request):
        self.said.append(request)

    def terms(self):
        return self.document

    def put_terms(self, text, instead_of):
        if instead_of.sha256 != self.document.sha256:
            raise Problem("somebody changed the policy meanwhile", 2)
        self.document = document(text)
        return self.document

    def told(self, text):
        """Somebody else wrote another policy."""
        self.document = document(text)


def status(*, role="policy", facts=()):
    agent = AgentInfo(version="0.1.0", pid=1, node="box", started_at=NOW, state_folder="", socket="", role=role)
    device = DeviceStatus(device="gpu:0", name="a card")
    return Status(at=NOW, agent=agent, devices=(device,), facts=facts, policy=PolicyStatus(zone="UTC", loaded_at=NOW))


@pytest.fixture
def kept(one):
    """The screen beside an agent, whose one card has nothing against it."""
    return after(one, Linked(status()), Termed(document()), Ticked("12:10:00", 0.0, NOW), Went("schedule"))


@pytest.fixture
def opened(still_feed):
    """An app on that screen."""

    @asynccontextmanager
    async def open_app(state, size=(100, 30)):
        feed = still_feed(state)
        feed.link = Agent() if state.node.is_there else None
        skin = choose_skin(None, ascii_only=False, has_colours=True)
        app = NetmindApp(feed, skin, read_keymap({}), state=state)
        app._begin = lambda: None
        app.tick = lambda: app.dispatch(*app.lookout.news(app.state))  # time stands still
        async with app.run_test(size=size) as pilot:
            yield app, pilot

    return open_app


async def until(app, holds):
    """Wait for what runs beside the interface."""
    for _ in range(300):
        app.tick()
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError(app.state.said)


def painted(app, *cells):
    policy = schedule_page.policy(app.state)
    return ["/".join(fields(policy)[cell].profiles) for cell in cells]


def text(app):
    return "\n".join("".join(span.text for span in line) for line in app.lines())


class TestPictures:
    """With everything that the screen can show: a draft, what happened, a cell explained, the file without an agent."""

    def draft(self, state):
        policy = paint(document().policy, [*range(HERE, HERE + 4), *range(HERE + 48, HERE + 52)], Brush("eco"))
        return after(state, Recalled(TestWhatHappened.WEEK), Drafted(policy), Pointed(HERE + 3))

    def happened(self, state):
        return after(state, Recalled(TestWhatHappened.WEEK), Shown(past=True), Pointed(48 + 20))

    def why(self, state):
        fact = GuardFact(kind=GuardKind.CPU_BUSY, denies=True, value="73 % by others", limit="30 %", source="kernel")
        return after(state, Linked(status(facts=(fact,))), Shown(explains=True))

    def alone(self, state):
        own = Own(document=document(), signature=(1,))
        return after(replace(state, node=Node()), Opened(own), Pointed(HERE), Pointed(HERE + 50, extends=True))

    @pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
    @pytest.mark.parametrize("what", ["draft", "happened", "why", "alone"])
    def test_of_all_that_is_shown(self, golden, show, kept, what, size):
        lines = show(getattr(self, what)(kept), *size)
        golden(f"schedule-{what}-{size[0]}x{size[1]}", lines)
        assert {len(line) for line in lines} == {size[0]}
        assert not any("…" in line for line in lines[2:-1])

    def test_in_ascii(self, golden, show, kept):
        lines = show(self.draft(kept), 100, 30, ascii=True)
        golden("schedule-draft-100x30-ascii", lines)
        assert all(line.isascii() for line in lines)

    def test_every_role_has_a_style(self, kept):
        for what in ("draft", "happened", "why", "alone"):
            drawn = picture(getattr(self, what)(kept), Size(120, 40), UNICODE, read_keymap({}))
            assert {span.role for line in drawn for span in line} <= set(ROLES)


class TestTheCursor:
    async def test_is_at_now_until_it_is_moved(self, kept, opened):
        async with opened(kept) as (app, pilot):
            assert "Tue 24 Nov 12:00–12:30  never" in text(app)
            await pilot.press("down", "right", "right")
            assert app.state.schedule.cell == HERE + 48 + 2
            await pilot.press("home", "left", "up")
            assert app.state.schedule.cell == 48
            await pilot.press("end", "right", "k", "k", "k")
            assert app.state.schedule.cell == 6 * 48 - 1

    async def test_takes_a_range_along_with_shift_and_with_v(self, kept, opened):
        async with opened(kept) as (app, pilot):
            await pilot.press("shift+right", "shift+down")
            assert "Tue–Wed 12:00–13:00" in text(app)
            await pilot.press("escape", "v", "left", "left", "left")
            assert "Wed 11:00–13:00" in text(app)
            await pilot.press("v", "left")
            assert app.state.schedule.anchor is None

    async def test_is_put_by_the_mouse_and_the_second_click_paints(self, kept, opened):
        async with opened(kept) as (app, pilot):
            where = Offset(8 + 20, 6)
            await pilot.click(offset=where)
            assert (app.state.schedule.cell, app.state.schedule.drafts) == (2 * 48 + 20, ())
            await pilot.click(offset=where)
            assert painted(app, 2 * 48 + 20) == ["night"]


class TestPainting:
    async def test_with_a_letter_and_space(self, kept, opened):
        async with opened(kept) as (app, pilot):
            await pilot.press("E", "shift+right", "shift+down", "space")
            assert painted(app, HERE, HERE + 1, HERE + 48, HERE + 49, HERE + 2) == ["eco"] * 4 + [""]
            assert "✎ 4 cells not saved" in text(app)
            assert app.state.schedule.anchor is None
            await pilot.press("2")
            assert "✎ 4 cells not saved" in text(app)

    async def test_never_and_taking_out(self, kept, opened):
        async with opened(kept) as (app, pilot):
            await pilot.press("home", "full_stop", "space", "right", "delete", "b", "space")
            assert painted(app, 48, 49) == ["", "night"]

    async def test_a_letter_that_no_profile_has_is_said(self, kept, opened):
        async with opened(kept) as (app, pilot):
            await pilot.press("Q")
            assert app.state.said.sentence == "no profile here has the letter Q: N night, E eco"

    async def test_with_the_mouse_held_down(self, kept, opened):
        async with opened(kept) as (app, pilot):
            await pilot.press("E")
            await pilot.mouse_down(offset=(8 + 30, 5))
            for x in (8 + 31, 8 + 33):
                stage = app.screen.children[0]
                await _move(app, stage, x, 6)
            assert "Tue–Wed 15:00–17:00" in text(app)
            assert not app.state.schedule.drafts
            await pilot.mouse_up(offset=(8 + 33, 6))
            await pilot.pause()
            assert painted(app, 48 + 30, 48 + 33, 96 + 30, 96 + 33) == ["eco"] * 4
            assert len(app.state.schedule.drafts) == 1

    async def test_is_taken_back_step_by_step_and_comes_again(self, kept, opened):
        async with opened(kept) as (app, pilot):
            await pilot.press("E", "space", "right", "space", "right", "space")
            assert "u undo 3" in text(app)
            await pilot.press("u", "u")
            assert painted(app, HERE, HERE + 1, HERE + 2) == ["eco", "", ""]
            await pilot.press("ctrl+r")
            assert painted(app, HERE, HERE + 1, HERE + 2) == ["eco", "eco", ""]
            await pilot.press("u", "u", "u")
            assert app.state.said.sentence == "nothing to take back"
            assert "not saved" not in text(app)

    async def test_a_day_is_copied_to_others(self, kept, opened):
        async with opened(kept) as (app, pilot):
            await pilot.press("E", "space", "c", "down", "enter")
            assert painted(app, 5 * 48 + 24, 6 * 48 + 24, 24) == ["eco", "eco", ""]

    async def test_its_effect_is_seen_before_it_is_saved(self, kept, opened):
        async with opened(kept) as (app, pilot):
            assert "runs    63 of 63 h painted" in text(app)
            await pilot.press("E", "v", "right", "right", "right", "space")
            assert "the coming week, if saved" in text(app)
            assert "runs    65 of 65 h painted" in text(app)
            assert "change since saved +2 h" in text(app)
            assert "would run: inside window eco" in text(app) or "may run" in text(app)

    async def test_read_only_nothing_changes(self, kept, opened):
        state = replace(kept, view=replace(kept.view, read_only=True))
        async with opened(state) as (app, pilot):
            await pilot.press("E", "space", "delete", "c", "g", "e", "m", "i", "u", "ctrl+s", "b", "full_stop")
            where = Offset(8 + 20, 6)
            await pilot.click(offset=where)
            await pilot.click(offset=where)
            app.perform("drag over cell 5 cell 9")
            app.perform("take date 0")
            app.perform("brush 1")
            assert not app.state.schedule.drafts
            assert app.state.schedule.brush is None
            assert len(app.screen_stack) == 1
            assert "space paint" not in text(app)

    async def test_what_happened_is_not_painted(self, kept, opened):
        async with opened(kept) as (app, pilot):
            await pilot.press("h", "space")
            assert "cannot be painted" in app.state.said.sentence
            assert not app.state.schedule.drafts

    async def test_of_a_device_without_profiles_of_its_own_says_so(self, kept, opened):
        two = replace(status(), devices=(DeviceStatus(device="gpu:0"), DeviceStatus(device="cpu")))
        async with opened(after(kept, Linked(two))) as (app, pilot):
            await pilot.press("D")
            assert "D gpu:0" in text(app)
            assert "space paint" not in text(app)
            for key in ("space", "c"):
                await pilot.press(key)
                assert "no profile is about gpu:0 alone" in app.state.said.sentence
                assert len(app.screen_stack) == 1
            await pilot.press("escape")
            assert app.state.schedule.devices == ()
            await pilot.press("D", "D", "D")
            assert app.state.schedule.devices == ()

    async def test_begins_once_the_week_is_known(self, kept, opened):
        unknown = replace(kept, node=replace(kept.node, terms=None))
        async with opened(unknown) as (app, pilot):
            await pilot.press("v", "right", "shift+down")
            app.dispatch(Termed(document()))
            assert (app.state.schedule.cell, app.state.schedule.anchor) == (None, None)

    def test_the_way_to_save_it_and_the_state_are_seen_in_the_smallest_terminal(self, show, kept, monkeypatch):
        monkeypatch.setattr("netmind_tui.tui.frame.badge", lambda *_: ("cert L0 5 d!", "warn"))
        state = replace(kept, feed=replace(kept.feed, kind="demo"))
        state = after(state, Drafted(paint(document().policy, [HERE], Brush("eco"))))
        assert "cert L0 5 d!" in show(state, 80, 24)[1]
        lines = show(state, 60, 20)
        assert lines[1].startswith(" ░ no decision yet  ")
        assert "1 not saved" in lines[1]
        assert "ctrl+s save" in lines[-1]

    def test_the_brush_is_seen_however_many_there_are(self, show, kept):
        names = [f"p{number}" for number in range(20)]
        profiles = "".join(f"[profile.{name}]\n" for name in names)
        for name in names:
            state = after(kept, Termed(document(TEXT + profiles)), Dipped(Brush(name)))
            for size in ((60, 20), (80, 24), (100, 30)):
                assert any(f" {name} " in line or f" {name}…" in line for line in show(state, *size)), (name, size)

    def test_each_profile_of_a_cell_has_its_own_minutes(self, show, kept):
        text = (
            'zone = "UTC"\n[profile.a]\n[profile.b]\n'
            '[[window]]\ndays = ["tue"]\nfrom = "10:00"\nto = "12:10"\nprofile = "a"\n'
            '[[window]]\ndays = ["tue"]\nfrom = "12:10"\nto = "12:25"\nprofile = "b"\n'
        )
        lines = show(after(kept, Termed(document(text))), 100, 30)
        assert any("A a 10 min, B b 15 min" in line for line in lines)


async def _move(app, stage, x, y):
    """The mouse goes on with its button held."""
    stage.post_message(events.MouseMove(stage, x, y, 0, 0, 1, False, False, False, x, y))
    await asyncio.sleep(0)
    await app.workers.wait_for_complete()
    await asyncio.sleep(0.05)


class TestSaving:
    async def test_goes_through_the_agent_and_keeps_comments(self, kept, opened):
        async with opened(kept) as (app, pilot):
            await pilot.press("E", "space", "ctrl+s")
            await until(app, lambda: not app.state.schedule.drafts)
            assert app.feed.link.document.text.startswith("# my terms\n")
            assert 'profile = "eco"' in app.feed.link.document.text
            assert app.state.node.terms == app.feed.link.document
            assert "saved 1 cell" in app.state.said.sentence

    async def test_never_writes_over_what_somebody_else_wrote(self, kept, opened):
        async with opened(kept) as (app, pilot):
            await pilot.press("E", "space")
            other = TEXT.replace('to = "07:00"', 'to = "06:00"')
            app.feed.link.told(other)
            await pilot.press("ctrl+s")
            await until(app, lambda: len(app.screen_stack) == 2)
            assert app.feed.link.document.text == other
            await pilot.press("y")
            await pilot.pause()
            assert painted(app, HERE, 48 + 13) == ["eco", ""]
            await pilot.press("ctrl+s")
            await until(app, lambda: not app.state.schedule.drafts)
            assert 'to = "06:00"' in app.feed.link.document.text
            assert 'profile = "eco"' in app.feed.link.document.text

    async def test_says_so_as_soon_as_the_terms_are_others(self, kept, opened):
        async with opened(kept) as (app, pilot):
            await pilot.press("E", "space")
            app.dispatch(Termed(document(TEXT + "# more\n")))
            assert "Somebody changed the terms meanwhile" in text(app)
            await pilot.press("ctrl+s", "n")
            assert len(app.state.schedule.drafts) == 1

    async def test_what_cannot_be_is_said_and_the_draft_is_kept(self, kept, opened):
        async with opened(kept) as (app, pilot):
            app.dispatch(Pointed(0), Pointed(335, extends=True))
            await pilot.press("delete", "ctrl+s")
            await until(app, lambda: app.state.said is not None)
            assert "without a window nothing could ever run" in app.state.said.sentence
            assert app.state.schedule.drafts
            assert not app.state.schedule.is_saving

    async def test_who_may_not_is_told_so_and_keeps_the_draft(self, kept, opened):
        async with opened(after(kept, Linked(status(role="control")))) as (app, pilot):
            await pilot.press("E", "space", "ctrl+s")
            assert "you may not change this agent's policy" in app.state.said.sentence
            assert app.state.schedule.drafts

    def test_what_was_painted_over_and_again_before_is_no_step_after_it(self, kept):
        policy = document().policy
        first, second = (paint(policy, [HERE + place], Brush("eco")) for place in range(2))
        state = after(kept, Drafted(first), Drafted(second), Drafted(first))
        saved = source_of(Path("/p/policy.toml"), render(first).encode()).document
        assert after(state, Saved(saved, first)).schedule.drafts == ()

    async def test_without_a_change_there_is_nothing_to_save(self, kept, opened):
        async with opened(kept) as (app, pilot):
            await pilot.press("ctrl+s")
            assert app.state.said.sentence == "nothing is unsaved"

    async def test_leaving_asks(self, kept, opened):
        async with opened(kept) as (app, pilot):
            await pilot.press("E", "space", "q")
            assert len(app.screen_stack) == 2
            await pilot.press("n")
            app.dispatch(Dropped())
            assert "not saved" not in text(app)


class TestWithoutAnAgent:
    @pytest.fixture
    def alone(self, one, own_file, monkeypatch):
        monkeypatch.delenv("NETMIND_POLICY", raising=False)
        own_file.parent.mkdir(parents=True)
        return after(one, Ticked("12:10:00", 0.0, NOW)), own_file.parent / "policy.toml"

    async def test_the_file_is_painted_and_how_an_agent_starts_is_said(self, alone, opened):
        state, path = alone
        path.write_text(TEXT)
        path.chmod(0o600)
        async with opened(state) as (app, pilot):
            await pilot.press("4")
            assert "netmind agent run starts one" in text(app).replace("\n", " ") or "agent run starts" in text(app)
            assert "no agent keeps it" in text(app)
            await pilot.press("E", "space", "ctrl+s")
            await until(app, lambda: not app.state.schedule.drafts)
            assert 'profile = "eco"' in path.read_text()
            assert "# mine" in path.read_text()

    async def test_the_preset_is_where_a_first_draft_begins(self, alone, opened):
        state, path = alone
        (path.parent / "config.toml").write_text('[schedule]\npreset = "nights"\n')
        async with opened(state) as (app, pilot):
            await pilot.press("4")
            assert "schedule.preset = nights" in text(app)
            await pilot.press("space", "ctrl+s")
            await until(app, lambda: path.exists() and not app.state.schedule.drafts)
            assert path.read_text().startswith("# Made from schedule.preset = nights")
            assert path.stat().st_mode & 0o077 == 0

    async def test_a_file_that_was_changed_meanwhile_is_not_written_over(self, alone, opened):
        state, path = alone
        path.write_text(TEXT)
        path.chmod(0o600)
        async with opened(state) as (app, pilot):
            await pilot.press("4", "E", "space")
            path.write_text(TEXT + "# more\n")
            await pilot.press("ctrl+s")
            await until(app, lambda: len(app.screen_stack) == 2)
            assert path.read_text() == TEXT + "# more\n"

    async def test_a_file_with_a_fault_is_said_and_not_touched(self, alone, opened):
        state, path = alone
        path.write_text("zone = 7\n")
        path.chmod(0o600)
        async with opened(state) as (app, pilot):
            await pilot.press("4")
            assert "The policy cannot be read" in text(app).replace("│\n│", " ")
            assert not any(each in text(app) for each in ("v range", "x explain", "h happened"))
            await pilot.press("space", "ctrl+s", "x", "g", "h", "D", "c", "e", "up")
            assert path.read_text() == "zone = 7\n"
            assert not app.state.schedule.drafts


class TestWhy:
    async def test_x_shows_every_reason_and_follows_the_cursor(self, kept, opened):
        async with opened(kept) as (app, pilot):
            await pilot.press("right", "x")
            assert "why, Tue 12:30–13:00" in text(app)
            assert "1. outside every window of gpu:0" in text(app)
            assert schedule.twin(app.state) == "netmind schedule explain --at 2026-11-24T12:30"
            await pilot.press("end")
            assert "inside window night" in text(app)
            await pilot.press("escape")
            assert "rules, live" in text(app)

    async def test_of_now_the_agent_says_it(self, kept, opened):
        waits = Reason(code="no-work", sentence="allowed, and no work runs: boinc crashed 4 times", rung=Rung.RUN)
        decision = Decision(
            device="gpu:0", state=Contribution.IDLE, rung=Rung.RUN, may_start=True, reasons=(waits,), window="night"
        )
        decided = Decisions(at=NOW, devices=(decision,), node=together((decision,)))
        async with opened(after(kept, Linked(replace(status(), decisions=decided)))) as (app, pilot):
            await pilot.press("x")
            assert text(app).count("boinc crashed") == 2  # in the line of the state, too
            await pilot.press("right")
            assert text(app).count("boinc crashed") == 1

    def test_a_half_hour_that_clocks_leap_over_does_not_come(self, show, kept):
        state = after(kept, Termed(document(TEXT.replace("UTC", "Europe/Berlin"))), Ticked("00:10:00", 0.0, LEAPS))
        hour = 6 * 48 + 4  # Sunday from 02:00
        assert "clocks leap over it" in " ".join(show(after(state, Pointed(hour)), 100, 30))
        assert "clocks leap over it" not in " ".join(show(after(state, Pointed(hour + 2)), 100, 30))

    async def test_enter_and_a_click_on_a_cell_explain_it(self, kept, opened):
        async with opened(kept) as (app, pilot):
            await pilot.press("enter")
            assert app.state.schedule.is_explaining

    async def test_the_rule_that_denies_is_named_with_what_lifts_it(self, kept, opened):
        fact = GuardFact(kind=GuardKind.CPU_BUSY, denies=True, value="73 % by others", limit="30 %", source="kernel")
        state = after(kept, Linked(status(facts=(fact,))), Ticked("23:10:00", 0.0, NOW.replace(hour=23)))
        async with opened(state) as (app, pilot):
            shown = text(app)
            assert "gave way: processor busy: 73 % by others" in shown
            assert "g change the limit" in shown
            assert "i ignore once" in shown
            assert "lost    1 h to cpu busy" in shown
            await pilot.press("g", "backspace", "backspace", "9", "0", "enter")
            assert "✎ 1 limit not saved" in text(app)
            assert schedule_page.policy(app.state).guards[0].limit == 90.0
            await pilot.press("ctrl+s")
            await until(app, lambda: not app.state.schedule.drafts)
            assert "max_pct = 90   # mine" in app.feed.link.document.text

    async def test_once_it_is_ignored_the_agent_is_told_until_when(self, kept, opened):
        fact = GuardFact(kind=GuardKind.CPU_BUSY, denies=True, value="73 % by others", limit="30 %")
        state = after(kept, Linked(status(facts=(fact,))), Ticked("23:10:00", 0.0, NOW.replace(hour=23)))
        async with opened(state) as (app, pilot):
            await pilot.press("i")
            await pilot.pause()
            await pilot.press("enter")
            await until(app, lambda: app.feed.link.said)
            assert app.feed.link.said[0].kind is OverrideKind.CONTRIBUTE

    async def test_of_a_cell_to_come_nothing_is_ignored(self, kept, opened):
        async with opened(kept) as (app, pilot):
            await pilot.press("right", "i")
            assert "begins now" in app.state.said.sentence
            assert not app.feed.link.said

    async def test_a_cell_without_a_guard_in_its_way_has_no_limit_to_change(self, kept, opened):
        async with opened(kept) as (app, pilot):
            await pilot.press("g")
            assert "no guard keeps this cell" in app.state.said.sentence
            await pilot.press("tab", "g", "escape")
            assert "limit of cpu-busy" not in text(app)

    async def test_n_goes_to_the_next_change(self, kept, opened):
        async with opened(kept) as (app, pilot):
            assert "n next change: ● 22:00" in text(app)
            await pilot.press("n")
            assert app.state.schedule.cell == 48 + 44


class TestWhatHappened:
    WEEK = Timeline(
        zone="UTC",
        start=NOW - timedelta(days=7),
        now=NOW,
        end=NOW,
        devices=(
            DeviceLine(
                device="gpu:0",
                spans=(
                    Span(
                        start=NOW - timedelta(days=7),
                        end=NOW - timedelta(hours=5),
                        state=Contribution.CONTRIBUTING,
                        code="inside-window",
                        sentence="inside window night",
                    ),
                    Span(
                        start=NOW - timedelta(hours=5),
                        end=NOW,
                        state=Contribution.GAVE_WAY,
                        code="gpu-in-use",
                        sentence="others on the GPU",
                    ),
                ),
            ),
        ),
    )

    async def test_is_a_row_below_the_grid_and_a_grid_of_its_own(self, kept, opened):
        async with opened(after(kept, Recalled(self.WEEK))) as (app, pilot):
            was = next(line for line in text(app).splitlines() if " was " in line)
            assert was[8:34] == "█" * 14 + "▲" * 11 + " "
            await pilot.press("h")
            rows = text(app).splitlines()
            assert next(row for row in rows if "Tue" in row)[8:34] == "█" * 14 + "▲" * 11 + " "
            assert next(row for row in rows if "Wed" in row)[8:56] == "█" * 48
            await pilot.press("left", "left")
            assert "▲ gave way: others on the GPU" in text(app)
            await pilot.press("end")
            assert "still to come" in text(app)

    def test_what_is_painted_now_says_nothing_of_it(self, show, kept):
        lines = show(after(kept, Recalled(self.WEEK), Shown(past=True), Pointed(48 + 20)), 100, 30)
        head = next(line for line in lines if "10:00–10:30" in line)
        assert head[:56].strip("│ ") == "Tue 24 Nov 10:00–10:30"
        assert "x explain" not in lines[-1]

    def test_goes_back_to_what_is_painted_with_a_brush(self, kept):
        state = after(kept, Recalled(self.WEEK), Shown(past=True))
        assert state.schedule.shows_past


class TestDates:
    async def test_one_is_added_and_taken_out_again(self, kept, opened):
        async with opened(kept) as (app, pilot):
            await pilot.press("e", "ctrl+u")
            app.screen.paste("2026-12-24 to 2026-12-27, never, Trip")
            await pilot.press("enter")
            assert "Thu 2026-12-24 – Sun 2026-12-27  never  Trip" in text(app)
            assert "✎ 1 date not saved" in text(app)
            await pilot.press("tab", "tab", "tab", "tab", "enter")
            assert "Trip" not in text(app).replace("Trip is taken out", "")
            await pilot.press("u", "u")
            assert not app.state.schedule.drafts

    async def test_those_of_a_calendar_come_as_the_command_brings_them(self, kept, opened, tmp_path):
        file = tmp_path / "work.ics"
        day = datetime.now(UTC) + timedelta(days=2)
        file.write_text(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20260101T000000Z\r\n"
            f"DTSTART:{day:%Y%m%d}T090000Z\r\nDTEND:{day:%Y%m%d}T100000Z\r\nSUMMARY:Standup\r\nEND:VEVENT\r\n"
            "END:VCALENDAR\r\n"
        )
        async with opened(kept) as (app, pilot):
            await pilot.press("m")
            await pilot.pause()
            app.screen.paste(str(file))
            await pilot.press("enter")
            await until(app, lambda: app.state.schedule.drafts)
            assert [each.source for each in app.state.schedule.draft.exceptions] == ["work.ics"]

    @pytest.mark.parametrize(
        ("words", "start", "end", "name", "allows"),
        [
            ("2026-12-24 to 2026-12-27, never, Christmas", "2026-12-24", "2026-12-28", "Christmas", False),
            ("2026-12-24", "2026-12-24", "2026-12-25", "24 Dec", False),
            ("2026-11-27 18:00 to 23:00, runs, LAN", "2026-11-27T18:00", "2026-11-27T23:00", "LAN", True),
            ("2026-11-27 22:00 to 02:00", "2026-11-27T22:00", "2026-11-28T02:00", "27 Nov", False),
            (
                "2026-11-27T08:00 to 2026-11-28 09:30, eco gpu:0, A, B",
                "2026-11-27T08:00",
                "2026-11-28T09:30",
                "A, B",
                True,
            ),
        ],
    )
    def test_are_read_as_people_write_them(self, words, start, end, name, allows):
        found = schedule_entry.read_date(words, ["eco"])
        assert (found.start, found.end) == (datetime.fromisoformat(start), datetime.fromisoformat(end))
        assert (found.name, found.allows) == (name, allows)

    @pytest.mark.parametrize(
        "words",
        ["", "soon", "2026-12-24 to 2026-12-20", "2026-12-24, sometimes", "2026-13-01", "2026-12-24, never gpu:"],
    )
    def test_that_cannot_be_are_said(self, words):
        assert schedule_entry.date_fault(words, ["eco"])

    @pytest.mark.parametrize("words", ["", "someday"])
    def test_days_that_are_none_are_said(self, words):
        assert schedule_entry.days_fault(words)
