"""What the keys do that are the same on every screen: find, help, share, and how it all looks."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from netmind_tui.model.problem import Problem
from netmind_tui.tui.frame import picture
from netmind_tui.tui.message import Focused, Moved
from netmind_tui.tui.picture import column
from netmind_tui.tui.skin import choose_skin

if TYPE_CHECKING:
    from netmind_tui.tui.app import NetmindApp
    from netmind_tui.tui.modal.finder import Finder

# Dialogues are loaded where they are asked for: the first picture does without their 20 ms.


def find_help(app: "NetmindApp", _rest: str) -> None:
    """Every key."""
    from netmind_tui.tui.modal.help import Help  # noqa: PLC0415 - see above

    view = app.state.view
    _ask(app, Help(app.keymap, view.screen, read_only=view.read_only))


def find_command(app: "NetmindApp", _rest: str) -> None:
    """Everything that can be done."""
    from netmind_tui.tui.modal.palette import Palette, commands  # noqa: PLC0415 - see above

    _ask(app, Palette("commands", commands(app.state, app.keymap, app.skin)))


def find_thing(app: "NetmindApp", _rest: str) -> None:
    """Devices, what needs the owner, and kernels; in a log that is read, words."""
    if app.state.view.screen == "devices" and app.state.view.choice("work log", ""):
        from netmind_tui.tui.work_effect import search  # noqa: PLC0415 - where a log is read

        search(app)
        return
    from netmind_tui.tui.modal.palette import Palette, things  # noqa: PLC0415 - see above

    _ask(app, Palette("find", things(app.state)))


def share(app: "NetmindApp", _rest: str) -> None:
    """Save what is shown as text and as a picture into the folder that the interface was started in, names replaced."""
    from netmind_tui.probe.owner import redactor  # noqa: PLC0415 - only for this
    from netmind_tui.tui.export import save  # noqa: PLC0415 - see above

    # The state is redacted, and the text once more: a name that is cut at an edge is no longer found in a text, and a
    # path that a screen knows by itself is in no state.
    names = redactor()
    hidden = names.redact(app.state)
    drawn = picture(hidden, app.size_now, app.skin.glyphs, app.keymap)
    lines = [
        tuple(replace(span, text=column(names.redact(span.text), span.width).text) for span in each) for each in drawn
    ]
    try:
        text, image = save(lines, app.skin, hidden.view.screen.replace(" ", "-"), Path(), datetime.now().astimezone())
    except Problem as problem:
        app.say(problem.sentence, "error")
        return
    app.say(f"saved {text.name} and {image.suffix}, names replaced")


def wear_theme(app: "NetmindApp", name: str) -> None:
    """Another theme, at once."""
    app.wear(choose_skin(name, ascii_only=not app.skin.glyphs.braille, has_colours=app.skin.has_colours))


def wear_signs(app: "NetmindApp", name: str) -> None:
    """Other signs, at once."""
    app.wear(choose_skin(app.skin.palette.name, ascii_only=name == "ascii", has_colours=app.skin.has_colours))


def show_need(app: "NetmindApp", row: str) -> None:
    """One of those things that need the owner."""
    app.go("overview")
    if row.isdigit():
        app.dispatch(Focused("needs"), Moved(box="needs", row=int(row)))


def _ask(app: "NetmindApp", finder: "Finder") -> None:
    app.push_screen(finder, lambda wish: None if wish is None else app.perform(wish))


EFFECTS: Mapping[str, Callable[["NetmindApp", str], None]] = {
    "help": find_help,
    "palette": find_command,
    "find": find_thing,
    "share": share,
    "suspend": lambda app, _rest: app.action_suspend_process(),
    "theme": wear_theme,
    "signs": wear_signs,
    "need": show_need,
}
