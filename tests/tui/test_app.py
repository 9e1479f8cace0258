from dataclasses import replace

import pytest

from netmind_tui.tui.action import ACTIONS, read_keymap
from netmind_tui.tui.app import NetmindApp
from netmind_tui.tui.effect import EFFECTS, PARTS, effect_of
from netmind_tui.tui.message import Told
from netmind_tui.tui.modal.finder import Entry, found
from netmind_tui.tui.modal.help import Help, entries
from netmind_tui.tui.modal.palette import Palette, commands, things
from netmind_tui.tui.picture import plain
from netmind_tui.tui.skin import choose_skin
from netmind_tui.tui.state import SCREENS, TITLES, View


class StillFeed:
    """A machine that was looked at before; samples are put in by the test."""

    kind, label = "live", ""

    def __init__(self):
        self.samples, self.why, self.stopped = [], None, 0

    def start(self):
        pass

    def stop(self):
        self.stopped += 1

    def look(self):
        raise AssertionError("the test knows the machine already")

    def examine(self):
        return None

    def uses(self, _devices):
        return ()

    def new(self):
        taken, self.samples = self.samples, []
        return taken

    def silent_s(self):
        return 0.0

    def ended(self):
        return self.why


@pytest.fixture
def app_of(monkeypatch):
    """From a state to an app that shows it and looks at nothing by itself."""

    def made(state, *, keys=None, theme="dark", colours=True, ascii_only=False):
        skin = choose_skin(theme, ascii_only=ascii_only, has_colours=colours)
        app = NetmindApp(StillFeed(), skin, read_keymap(keys or {}), state=state)
        monkeypatch.setattr(app, "_begin", lambda: None)
        monkeypatch.setattr(app, "tick", lambda: None)
        return app

    return made


def text(app):
    return "\n".join(plain(line) for line in app.lines())


@pytest.mark.parametrize(("key", "screen"), [*zip("234567", SCREENS[1:7], strict=True), ("comma", "settings")])
async def test_each_screen_is_one_key_away(app_of, eight, key, screen):
    app = app_of(eight)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press(key)
        assert app.state.view.screen == screen
        assert TITLES[screen] in text(app)
        await pilot.press("1")
        assert app.state.view.screen == "overview"


async def test_a_click_on_a_name_goes_there(app_of, eight):
    app = app_of(eight)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.click(offset=(plain(app.lines()[0]).index("4 Schedule") + 3, 0))
        await pilot.pause()
        assert app.state.view.screen == "schedule"


async def test_a_click_in_the_footer_does_what_it_says(app_of, eight):
    app = app_of(eight)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.click(offset=(plain(app.lines()[-1]).index("? help") + 3, 29))
        await pilot.pause()
        assert isinstance(app.screen, Help)


async def test_the_cursor_and_the_wheel_stay_within_the_rows(app_of, eight):
    app = app_of(eight)
    async with app.run_test(size=(100, 30)) as pilot:
        app.open_chosen()
        await pilot.press("1")
        box = app.focused_box
        last = app.body.count(app.state, box) - 1
        await pilot.press("up")
        assert app.state.view.row(box) == 0
        for _ in range(last + 3):
            await pilot.press("down")
        assert app.state.view.row(box) == last


async def test_tab_goes_round_the_boxes_and_back(app_of, eight):
    app = app_of(eight)
    async with app.run_test(size=(100, 30)) as pilot:
        boxes = app.body.boxes(app.state)
        seen = []
        for _ in boxes:
            seen.append(app.focused_box)
            await pilot.press("tab")
        assert seen == list(boxes)
        assert app.focused_box == boxes[0]
        await pilot.press("shift+tab")
        assert app.focused_box == boxes[-1]


async def test_a_key_that_means_nothing_does_nothing(app_of, eight):
    app = app_of(eight)
    async with app.run_test(size=(100, 30)) as pilot:
        before = app.state
        for key in ("Q", "f12", "ctrl+g", "é", "8"):
            await pilot.press(key)
        assert app.state == before


async def test_copying_says_and_copies_the_command(app_of, eight):
    app = app_of(eight)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("y")
        assert app.clipboard == "netmind info"
        assert "copied: netmind info" in text(app)
        await pilot.press("down")
        assert "copied" not in text(app)


@pytest.mark.parametrize("key", ["p", "r", "f", "exclamation_mark"])
async def test_without_an_agent_its_keys_say_so(app_of, eight, key):
    app = app_of(eight)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press(key)
        assert "no agent runs: start one with netmind agent run" in text(app)


async def test_read_only_leaves_out_what_changes_anything(app_of, eight):
    app = app_of(replace(eight, view=View(read_only=True)))
    async with app.run_test(size=(100, 30)) as pilot:
        assert "pause" not in text(app)
        assert "read-only" in text(app)
        before = app.state
        for action in (each for each in ACTIONS if each.changes and not each.screens):
            await pilot.press(*action.keys[:1])
        assert app.state == before
        await pilot.press("question_mark")
        titles = {entry.title for entry in app.screen._entries}
        assert not titles & {action.title for action in ACTIONS if action.changes}


async def test_help_finds_by_key_and_by_word_and_enter_does_it(app_of, eight):
    app = app_of(eight, keys={"copy": "w"})
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("question_mark")
        await pilot.press("w")
        assert app.screen.found[0].wish == "copy"
        await pilot.press("ctrl+u", *"replaced")
        assert [entry.wish for entry in app.screen.found] == ["share"]
        await pilot.press("escape")
        assert not isinstance(app.screen, Help)
        await pilot.press("question_mark", *"earnings", "enter")
        await pilot.pause()
        assert app.state.view.screen == "earnings"


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (100, 30)])
async def test_help_shows_every_key_to_its_last_word(app_of, eight, size):
    app = app_of(eight)
    async with app.run_test(size=size) as pilot:
        await pilot.press("question_mark")
        await pilot.pause()
        shown = " ".join(" ".join(plain(line) for line in app.screen._lines()[0]).split())
        assert shown.count("…") == sum(f"{entry.title} {entry.about}".count("…") for entry in app.screen._entries)
        await pilot.press(*["down"] * len(app.screen.found))
        seen = "\n".join(plain(line) for line in app.screen.drawn())
        assert app.screen.found[-1].about.split()[-1] in seen


def test_help_lists_every_action_once():
    listed = entries(read_keymap({}), "overview", read_only=False)
    assert len(listed) == len(ACTIONS)
    assert {entry.title for entry in listed} == {action.title for action in ACTIONS}


async def test_the_palette_opens_a_device_and_changes_the_theme_at_once(app_of, eight):
    app = app_of(eight)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("colon", *"gpu:4", "enter")
        await pilot.pause()
        assert app.state.view.screen == "devices"
        await pilot.press("ctrl+p", *"theme light", "enter")
        await pilot.pause()
        assert app.theme == "light"
        assert app.skin.palette.name == "light"
        await pilot.press("ctrl+p", *"signs ascii", "enter")
        await pilot.pause()
        assert text(app).isascii()


async def test_what_is_typed_over_a_screen_does_not_reach_it(app_of, eight):
    app = app_of(eight)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("slash", *"2345pq")
        assert isinstance(app.screen, Palette)
        assert app.state.view.screen == "overview"
        await pilot.press("enter", "escape")
        assert app.is_running


def test_without_colours_no_theme_is_offered(eight):
    skin = choose_skin(None, ascii_only=False, has_colours=False)
    assert not [entry for entry in commands(eight, read_keymap({}), skin) if entry.wish.startswith("theme")]


def test_find_knows_devices_and_what_needs_the_owner(eight):
    titles = [entry.title for entry in things(eight)]
    assert titles[:8] == [f"Device gpu:{index}" for index in range(8)]
    assert len([title for title in titles if title.startswith("Needs you")]) == len(eight.needs)


@pytest.mark.parametrize(
    ("query", "first"),
    [("S", "share"), ("s", "sort"), ("stop", "stop"), ("now st", "stop"), ("shr", "share"), ("order rows", "sort")],
)
def test_what_is_nearest_comes_first(query, first):
    choices = [
        Entry(wish="sort", title="Sort", about="Order the rows.", keys=("s",)),
        Entry(wish="stop", title="Stop now", about="Take it back.", keys=("!",)),
        Entry(wish="share", title="Share", about="Save this screen.", keys=("S",)),
    ]
    assert found(query, choices)[0].wish == first
    assert found("zzz", choices) == []


async def test_what_fails_beside_the_interface_is_said_and_it_lives(app_of, eight):
    app = app_of(eight)
    async with app.run_test(size=(100, 30)) as pilot:
        app.in_background(lambda: {}["not there"])
        while not (said := app.lookout.news(app.state)):
            await pilot.pause()
        assert said == [Told("KeyError: 'not there'", "error")]


async def test_leaving_ends_what_samples(app_of, eight):
    app = app_of(eight)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("q")
        await pilot.pause()
    assert app.feed.stopped
    assert app.return_value == 0


async def test_too_small_a_terminal_is_one_sentence(app_of, eight):
    app = app_of(eight)
    async with app.run_test(size=(58, 15)):
        assert text(app).strip().startswith("netmind-tui needs 60 × 20 cells; this terminal has 58")
        assert not text(app).splitlines()[1].strip()


@pytest.mark.parametrize("part", dict.fromkeys(PARTS.values()))
def test_whatever_a_part_knows_is_found_there_and_nowhere_else(part):
    for wish, effect in part().items():
        assert effect_of(wish) is effect
        assert wish not in EFFECTS
