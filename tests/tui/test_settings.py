import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from netmind_tui.config.setting import BY_KEY
from netmind_tui.config.source import Config, Source, configuration
from netmind_tui.model.problem import Problem
from netmind_tui.tui import main
from netmind_tui.tui.action import BY_ID, read_keymap
from netmind_tui.tui.app import NetmindApp
from netmind_tui.tui.glyph import ASCII, UNICODE
from netmind_tui.tui.modal.prompt import Prompt
from netmind_tui.tui.screen import settings as screen
from netmind_tui.tui.settings_state import Settings, read_settings, save
from netmind_tui.tui.skin import PALETTES, choose_skin
from netmind_tui.tui.state import Feed, State, View

SIZES = [(60, 20), (80, 24), (100, 30)]
MINE = """\
[tui]
theme = "light"   # by day

[alias]
big = "gpu:0"

[keys]
bench = "ctrl+b"

[electricity]
price_per_kwh = "0.30 EUR"
fee_pct = 12.5

[device."gpu:0"]
watts = 250
"""


@pytest.fixture(autouse=True)
def file(own_file):
    """Where the configuration of these tests is; none is there yet."""
    return own_file


def written(file, text):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def on(text, *, row=0, trouble=None, **environment):
    """The screen with that file, somewhere in a home."""
    source = Source(path=Path("/home/me/.config/netmind/config.toml"), data=text.encode(), table=tomllib.loads(text))
    settings = Settings(shown=configuration(source, environment), trouble=trouble)
    return State(view=View(screen="settings", rows={"settings": row}), settings=settings, clock="14:42:31")


def row_of(state, key):
    return [row.key for row in screen.rows_of(state)].index(key)


# What is shown.


@pytest.mark.parametrize(("cells", "rows"), SIZES)
def test_every_setting_has_its_value_and_origin(golden, show, cells, rows):
    golden(f"settings-mine-{cells}x{rows}", show(on(MINE, row=2), cells, rows))


def test_plain_signs(golden, show):
    golden("settings-mine-80x24-ascii", show(on(MINE, row=2), 80, 24, ascii=True))


@pytest.mark.parametrize(("cells", "rows"), SIZES)
def test_a_broken_file_is_shown_with_its_key_and_what_was_expected(golden, show, cells, rows):
    trouble = (
        "/home/me/.config/netmind/config.toml: tui.theme: expected one of dark, light, colour-blind, found a number"
    )
    golden(f"settings-broken-{cells}x{rows}", show(on("", trouble=trouble), cells, rows))


def test_a_high_screen_shows_the_file_with_its_comments_and_its_fault(show):
    text = tuple(MINE.splitlines())
    for trouble in (None, "config.toml: tui.theme: expected one of dark, light, colour-blind, found a number"):
        state = on(MINE, trouble=trouble)
        lines = show(replace(state, settings=replace(state.settings, text=text)), 120, 66)
        assert any('2  theme = "light"   # by day' in line for line in lines)
        assert any("netmind config" in line for line in lines)


@pytest.mark.parametrize("row", [0, 4])
def test_a_file_with_a_fault_offers_no_key_that_would_change_it(show, row):
    trouble = "config.toml: not valid TOML"
    assert "enter change" in " ".join(show(on("", row=row), 100, 30))
    assert "enter change" not in " ".join(show(on("", row=row, trouble=trouble), 100, 30))


def test_a_variable_that_wins_is_named(golden, show):
    state = on(MINE, row=2, NETMIND_TUI_THEME="colour-blind")
    golden("settings-variable-100x30", show(state, 100, 30))


def test_the_cursor_is_always_seen(show):
    count = screen.count(on(MINE), "settings")
    for row in range(count):
        lines = show(on(MINE, row=row), 60, 20)
        assert any("▸" in line and screen.rows_of(on(MINE))[row].key in line for line in lines), row


def test_nothing_jumps_from_row_to_row(show):
    heights = {
        next(place for place, line in enumerate(show(on(MINE, row=row), 100, 30)) if place > 3 and line[0] == "╭")
        for row in range(screen.count(on(MINE), "settings"))
    }
    assert len(heights) == 1


def test_the_twin_sets_the_chosen_value():
    state = on(MINE)
    twins = {key: screen.twin(on(MINE, row=row_of(state, key))) for key in ("alias.big", "payer.name", "alias.<name>")}
    assert twins == {
        "alias.big": "netmind config set alias.big gpu:0",
        "payer.name": "netmind config set payer.name ''",
        "alias.<name>": "netmind config show",
    }
    price = screen.twin(on(MINE, row=row_of(state, "electricity.price_per_kwh")))
    assert price == "netmind config set electricity.price_per_kwh '0.30 EUR'"


def test_the_schema_knows_the_themes_and_signs_there_are():
    assert BY_KEY["tui.theme"].choices == tuple(PALETTES)
    assert BY_KEY["tui.signs"].choices == (UNICODE.name, ASCII.name)


# What is done.


@pytest.fixture
def opened(one, still_feed):
    """From the key under the cursor to an app on the screen."""

    def app_on(key=None, *, read_only=False, kind="live"):
        state = replace(one, settings=read_settings({}), feed=Feed(kind=kind))
        rows = {"settings": row_of(state, key)} if key is not None else {}
        state = replace(state, view=View(screen="settings", read_only=read_only, rows=rows))
        skin = choose_skin(state.settings.config.theme, ascii_only=False, has_colours=True)
        return NetmindApp(still_feed(one, kind), skin, read_keymap(state.settings.config.keys), state=state)

    return app_on


def test_a_value_is_chosen_written_and_holds_at_once(file, opened, played):
    written(file, '[tui]\ntheme = "dark"  # mine\n')
    app = opened(key="tui.theme")
    played(app, "enter", "down", "enter", lambda: None)

    assert file.read_text() == '[tui]\ntheme = "light"  # mine\n'
    assert app.skin.palette.name == "light"
    assert app.theme == "light"
    assert app.state.said.sentence == "written: tui.theme = light"


def test_what_cannot_be_is_said_while_it_is_typed_and_is_not_taken(file, opened, played):
    app = opened(key="electricity.price_per_kwh")
    seen = []

    def look():
        seen.append(app.screen.fault)

    played(app, "enter", "x", look, "enter", look, "backspace 1 E U R", look, "enter")

    wrong = "electricity.price_per_kwh: expected a price such as \"0.30 EUR\", found 'x'"
    assert seen == [wrong, wrong, None]
    assert file.read_text() == '[electricity]\nprice_per_kwh = "1EUR"\n'


def test_escape_leaves_everything_as_it_is(file, opened, played):
    held = []
    app = opened(key="tui.signs")
    played(
        app, "enter", lambda: held.append(isinstance(app.screen, Prompt)), "down", "escape",
        lambda: held.append(isinstance(app.screen, Prompt)),
    )  # fmt: skip

    assert held == [True, False]
    assert app.skin.glyphs is UNICODE
    assert not file.exists()


def test_keys_typed_into_the_line_do_nothing_else(file, opened, played):
    app = opened(key="payer.name")
    played(app, "enter", "q 1 d", lambda: None, "enter")

    assert file.read_text() == '[payer]\nname = "q1d"\n'
    assert app.state.view.screen == "settings"


def test_plain_signs_hold_at_once(file, opened, played):
    app = opened(key="tui.signs")
    played(app, "enter", "down", "enter")
    assert app.skin.glyphs is ASCII


def test_d_takes_a_setting_out_of_the_file(file, opened, played):
    written(file, '[payer]\nname = "Example"\n')
    app = opened(key="payer.name")
    played(app, "d")

    assert file.read_text() == ""
    assert app.state.said.sentence == "written: payer.name: nothing is set"


def test_a_name_for_a_device_is_added_in_two_lines(file, opened, played):
    app = opened(key="alias.<name>")
    played(app, "enter", "b i g", "enter", "g p u", "enter")

    assert file.read_text() == '[alias]\nbig = "gpu"\n'
    assert "alias.big" in [row.key for row in screen.rows_of(app.state)]


def test_another_key_works_at_once_and_the_old_one_no_more(file, opened, played):
    app = opened(key="keys.<action>")
    played(app, "enter", "3", "enter", "9", "enter", "9")

    assert file.read_text() == '[keys]\n"go bench" = "9"\n'
    assert app.state.view.screen == "bench"
    assert app.keymap.keys["go bench"] == ("9",)


def test_a_key_that_the_owner_gives_away_is_no_others_any_more():
    keymap = read_keymap({"quit": "p", "help": "!"})
    assert keymap.action("p", "overview", read_only=False) is BY_ID["quit"]
    assert keymap.action("exclamation_mark", "overview", read_only=False) is BY_ID["help"]


@pytest.mark.parametrize(("options", "words"), [({"read_only": True}, "read-only"), ({"kind": "demo"}, "recording")])
def test_what_may_not_be_changed_says_so(file, opened, options, words, played):
    app = opened(key="tui.theme", **options)
    played(app, "enter")

    assert words in app.state.said.sentence
    assert not file.exists()


def test_a_broken_file_is_never_overwritten_and_read_again_when_mended(file, opened, played):
    written(file, "[tui]\ntheme = 1\n")
    app = opened()
    assert app.state.settings.config == Config()

    played(
        app,
        "enter",
        lambda: app.state.said.sentence.startswith("mend the file first") or pytest.fail(app.state.said.sentence),
        "R",
        lambda: "expected one of dark, light" in app.state.said.sentence or pytest.fail(app.state.said.sentence),
        lambda: written(file, '[tui]\ntheme = "light"\n'),
        "R",
    )
    assert app.state.settings.trouble is None
    assert app.skin.palette.name == "light"


def test_y_copies_the_command(file, opened, played):
    app = opened(key="tui.theme")
    copied = []
    app.copy_to_clipboard = copied.append
    played(app, "y")
    assert copied == ["netmind config set tui.theme dark"]


def test_an_action_that_is_not_there_is_a_fault_with_the_nearest(file):
    with pytest.raises(Problem, match=r"keys\.go bensh: unknown action; did you mean go bench"):
        save({"keys.go bensh": "x"})
    with pytest.raises(Problem, match=r"keys\.bench: 'contrl' goes before no key; did you mean ctrl"):
        save({"keys.bench": "contrl+b"})


# What the command begins with.


@pytest.fixture
def start(one, still_feed, monkeypatch):
    """From a command line to the app that it would run."""
    monkeypatch.setattr(main.terminal, "check", lambda _environment: None)
    monkeypatch.setattr(main.terminal, "take", lambda _frame: None)
    monkeypatch.setattr("netmind_tui.tui.feed.LiveFeed", lambda _record: still_feed(one))
    monkeypatch.setattr("netmind_tui.tui.demo.demo_feed", lambda: still_feed(one, "demo"))
    found = []

    def run(app, **_options):
        found.append(app)
        return 0

    monkeypatch.setattr(NetmindApp, "run", run)

    def started(*arguments):
        found.clear()
        code = main.main(list(arguments))
        return code, (found or [None])[0]

    return started


def test_what_is_set_holds_from_the_start(file, start):
    written(file, '[tui]\ntheme = "light"\nsigns = "ascii"\nread_only = true\n[keys]\nbench = "ctrl+b"\n')
    _, app = start()

    assert (app.skin.palette.name, app.skin.glyphs.name, app.state.view.read_only) == ("light", "ascii", True)
    assert app.keymap.keys["bench"] == ("ctrl+b",)
    assert app.state.view.screen == "overview"


def test_the_command_line_wins_over_the_variable_and_that_over_the_file(file, start, monkeypatch):
    written(file, '[tui]\ntheme = "light"\n')
    monkeypatch.setenv("NETMIND_TUI_THEME", "colour-blind")
    assert start()[1].skin.palette.name == "colour-blind"
    assert start("--theme", "dark")[1].skin.palette.name == "dark"


def test_a_theme_that_is_not_there_ends_a_command_line_and_not_a_file(file, start, capsys, monkeypatch):
    assert start("--theme", "drak") == (2, None)
    assert "did you mean dark?" in capsys.readouterr().err

    written(file, '[tui]\ntheme = "drak"\n')
    code, app = start()
    assert code == 0
    assert "tui.theme: 'drak' is not known; did you mean dark?" in app.state.said.sentence
    assert app.state.settings.trouble is not None
    assert app.skin.palette.name == "dark"

    monkeypatch.setenv("NETMIND_TUI_THEME", "lihgt")
    assert start() == (2, None)
    assert "NETMIND_TUI_THEME" in capsys.readouterr().err


def test_an_unknown_action_in_the_file_is_told_with_the_nearest(file, start):
    written(file, '[keys]\nbensh = "x"\n')
    _, app = start()

    assert "keys.bensh: unknown action; did you mean bench" in app.state.said.sentence
    assert app.keymap.keys["bench"] == ("b",)


@pytest.mark.parametrize("broken", ["[tui\n", "[tui]\nthme = 1\n"])
def test_a_broken_file_starts_on_defaults_and_stays_as_it_is(file, start, broken):
    written(file, broken)
    code, app = start()

    assert code == 0
    assert str(file) in app.state.said.sentence
    assert app.state.view.screen == "overview"
    assert file.read_text() == broken


def test_the_first_run_is_met_where_nothing_is_set_yet_and_may_be(file, start):
    assert start()[1].state.view.screen == "first run"
    assert start("--read-only")[1].state.view.screen == "overview"
    assert start("--demo")[1].state.view.screen == "overview"
    assert start("--inline")[1].state.view.screen == "overview"
    written(file, "")
    assert start()[1].state.view.screen == "overview"
