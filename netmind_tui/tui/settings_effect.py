"""What the keys of the screen *Settings* do: ask for a value, write it back, and let it hold at once."""

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from netmind_tui.config.check import find_place
from netmind_tui.config.setting import BY_KEY
from netmind_tui.model.configuration import shown
from netmind_tui.model.problem import Problem
from netmind_tui.tui.action import ACTIONS, read_keymap
from netmind_tui.tui.screen import settings as screen
from netmind_tui.tui.settings_state import Configured, fault_of, read_settings, save
from netmind_tui.tui.skin import choose_skin
from netmind_tui.tui.state import what_it_is

if TYPE_CHECKING:
    from netmind_tui.tui.app import NetmindApp

_CHANGED_LATER = {"tui.read_only": "; it holds from the next start on"}


def edit(app: "NetmindApp", key: str) -> None:
    """Ask for the value of a setting; of a family first for the name."""
    from netmind_tui.tui.modal.prompt import Prompt  # noqa: PLC0415 - 20 ms that the first picture does without

    if not _may_write(app):
        return
    if key == "keys.<action>":
        _choose_action(app)
        return
    if key in BY_KEY and BY_KEY[key].is_family:
        family = BY_KEY[key]
        hint, choices = _naming(app, family.table)

        def named(name: str | None) -> None:
            if name:
                edit(app, family.named(name))

        fault = lambda name: _name_fault(family.named(name)) if name.strip() else "a name is needed"  # noqa: E731
        app.push_screen(Prompt(key, hint, "", fault, choices=choices), named)
        return
    try:
        place = find_place(key)
    except Problem as problem:
        app.say(problem.sentence, "error")
        return
    entry = next((each for each in app.state.settings.shown.settings if each.key == place.key), None)
    setting = place.setting
    hint = f"{setting.meaning} Expected: {setting.expected}; empty: {_without(setting.default)}."
    choices = setting.choices or (("true", "false") if isinstance(setting.default, bool) else ())

    def given(text: str | None) -> None:
        if text is not None:
            _write(app, place.key, text)

    value = shown(entry.value) if entry is not None else ""
    app.push_screen(Prompt(place.key, hint, value, lambda text: fault_of(key, text), choices=choices), given)


def reset(app: "NetmindApp", _rest: str) -> None:
    """Take the chosen setting out of the file."""
    row = screen.chosen(app.state)
    if row is None or row.is_new or not _may_write(app):
        return
    _write(app, row.key, "")


def read_again(app: "NetmindApp", _rest: str) -> None:
    """Read the file anew, where it was changed by other means."""
    try:
        settings = read_settings(os.environ)
    except Problem as problem:
        app.say(problem.sentence, "error")
        return
    app.dispatch(Configured(settings))
    if settings.trouble is not None:
        app.say(settings.trouble, "error")
        return
    for key in ("tui.theme", "tui.signs", "keys.x"):
        hold(app, key)
    app.say("read again: every setting holds")


def hold(app: "NetmindApp", key: str) -> None:
    """Let a setting that was changed hold at once."""
    config = app.state.settings.config
    if key in ("tui.theme", "tui.signs"):
        by_key = {entry.key: entry for entry in app.state.settings.shown.settings}
        theme = by_key["tui.theme"].value if key == "tui.theme" else app.skin.palette.name
        ascii_only = config.signs == "ascii" if key == "tui.signs" else not app.skin.glyphs.braille
        app.wear(choose_skin(str(theme), ascii_only=ascii_only, has_colours=app.skin.has_colours))
    elif key.startswith("keys."):
        app.keymap = read_keymap(config.keys)
        app.draw()


def _write(app: "NetmindApp", key: str, text: str) -> None:
    try:
        has_changed = save({key: text})
        settings = read_settings(os.environ)
    except Problem as problem:
        app.say(problem.sentence, "error")
        return
    app.dispatch(Configured(settings))
    hold(app, key)
    variable = BY_KEY[key].variable if key in BY_KEY else None
    wins = f"; but {variable} is set and wins" if variable and os.environ.get(variable) else ""
    told = f"{key} = {text}" if text else f"{key}: {_without(BY_KEY[key].default if key in BY_KEY else None)}"
    app.say(f"{'written' if has_changed else 'unchanged'}: {told}{_CHANGED_LATER.get(key, '')}{wins}")


def _may_write(app: "NetmindApp") -> bool:
    settings = app.state.settings
    if app.state.view.read_only:
        app.say("nothing is changed with --read-only", "warn")
    elif app.state.feed.kind != "live":
        app.say(f"{what_it_is(app.state)}: its settings are not this machine's", "warn")
    elif settings.trouble is not None:
        app.say(f"mend the file first: {settings.trouble}", "error")
    else:
        return True
    return False


def _naming(app: "NetmindApp", table: str) -> tuple[str, tuple[str, ...]]:
    """What a name in this table is, and those to choose from."""
    if table == "device":
        return "Which device? Its id as it is listed, or its UUID.", tuple(device.id for device in app.state.devices)
    if table == "host":
        return "Which host? Its name as ssh knows it.", ()
    if table == "hooks":
        return "At which event? Its name, or any.", ()
    if table == "asset":
        return "Which token? Its code in capital letters, such as NMT.", ()
    return "What is the name to be? One word, such as big.", ()


def _choose_action(app: "NetmindApp") -> None:
    """Find the action that is to have another key, then ask for the key."""
    from netmind_tui.tui.modal.finder import Entry, Finder  # noqa: PLC0415 - see edit
    from netmind_tui.tui.modal.help import signs  # noqa: PLC0415 - see edit

    entries = [Entry(wish=each.id, title=each.title, about=each.help, keys=signs(app.keymap, each)) for each in ACTIONS]

    def chosen(action: str | None) -> None:
        if action is not None:
            edit(app, f"keys.{action}")

    app.push_screen(Finder("another key for…", "type a key or a word", entries), chosen)


def _name_fault(key: str) -> str | None:
    try:
        find_place(key)
    except Problem as problem:
        return problem.sentence
    # The value is still to come: one that is right where the name is.
    samples = {"alias": "cpu", "device": "100", "host": "/"}
    return fault_of(key, samples[key.partition(".")[0]])


def _without(default: object) -> str:
    return "nothing is set" if default is None else f"the default, {str(default).lower()}"


EFFECTS: Mapping[str, Callable[["NetmindApp", str], None]] = {
    "setting": edit,
    "reset setting": reset,
    "read settings": read_again,
}
