"""How the interface begins: with its first picture, and only then with the library that draws all others."""

import gc
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from netmind_tui.config.source import from_environment
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem
from netmind_tui.tui import mini, opening, terminal
from netmind_tui.tui.action import Keymap, read_keymap
from netmind_tui.tui.frame import Size, picture
from netmind_tui.tui.later import Later
from netmind_tui.tui.message import Described, Message, Told
from netmind_tui.tui.picture import Line
from netmind_tui.tui.settings_state import read_settings
from netmind_tui.tui.skin import Skin, choose_skin
from netmind_tui.tui.state import Feed, State, View, reduce

if TYPE_CHECKING:
    from netmind_tui.tui import feed
    from netmind_tui.tui.app import NetmindApp
    from netmind_tui.tui.host_feed import HostFeed
    from netmind_tui.tui.replay import ReplayFeed

_APP: Later["type[NetmindApp]"] = Later("netmind_tui.tui.app", "NetmindApp")
_LIVE: Later["type[feed.LiveFeed]"] = Later("netmind_tui.tui.feed", "LiveFeed")
_HOST: Later["type[HostFeed]"] = Later("netmind_tui.tui.host_feed", "HostFeed")
_REPLAY: Later["type[ReplayFeed]"] = Later("netmind_tui.tui.replay", "ReplayFeed")
_DEMO: Later[Callable[[], "ReplayFeed"]] = Later("netmind_tui.tui.demo", "demo_feed")
_MEMORY: Later[Callable[[], Iterable[Message]]] = Later("netmind_tui.tui.demo_bench", "demo_memory")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the command line asks for."""

    hosts: tuple[str, ...] = ()
    demo: bool = False
    replay: Path | None = None
    record: Path | None = None
    inline: bool = False
    read_only: bool = False
    ascii_only: bool = False
    theme: str | None = None


def start(wishes: Wishes, environment: Mapping[str, str]) -> int:
    """Show the machine until whoever watches leaves; the code to end with.

    Raises:
        Problem: a setting or a file cannot be used.
    """
    # What is loaded stays until the end: to look through it again and again for garbage takes a tenth of the start.
    gc.disable()
    settings = read_settings(environment)
    config = settings.config
    # What the command line says wins; then the environment, then the file.
    theme = wishes.theme or from_environment("tui.theme", environment) or config.theme
    ascii_only = wishes.ascii_only or config.signs == "ascii"
    skin = choose_skin(theme, ascii_only=ascii_only, has_colours=terminal.has_colours(environment))
    keymap = read_keymap(config.keys)
    read_only = wishes.read_only or config.read_only
    source, *others = _feeds(wishes, config.sockets)
    is_first = source.kind == "live" and not (read_only or wishes.inline or settings.shown.exists or settings.trouble)
    state = State(
        view=View(screen="first run" if is_first else "overview", read_only=read_only),
        feed=Feed(kind=source.kind, label=source.label),
        settings=settings,
        said=Told(f"{settings.trouble} (, settings)", "error") if settings.trouble else None,
    )
    if source.kind not in ("live", "host"):
        state = reduce(state, Described(source.look()))  # a recording knows it at once
    if wishes.inline:
        return _run((source, *others), skin, keymap, state, wishes)
    with opening.shown(_first_picture(state, skin, keymap), skin):
        return _run((source, *others), skin, keymap, state, wishes)


def _feeds(wishes: Wishes, sockets: Mapping[str, str]) -> "Sequence[feed.Feed]":
    if wishes.hosts:
        return [_HOST()(host, sockets) for host in wishes.hosts]
    if wishes.demo:
        return [_DEMO()()]
    return [_LIVE()(wishes.record) if wishes.replay is None else _REPLAY()(wishes.replay)]


def _first_picture(state: State, skin: Skin, keymap: Keymap) -> list[Line]:
    return picture(state, Size(*shutil.get_terminal_size()), skin.glyphs, keymap)


def _demo_memory() -> Iterable[Message]:
    return _MEMORY()()


def _run(sources: "Sequence[feed.Feed]", skin: Skin, keymap: Keymap, state: State, wishes: Wishes) -> int:
    source, *others = sources
    app = _APP()(
        source,
        skin,
        keymap,
        state=state,
        rows=mini.ROWS if wishes.inline else None,
        memory=_demo_memory if wishes.demo else tuple,
        others=others,
    )
    gc.freeze()
    gc.enable()
    code = app.run(mouse=not wishes.inline, inline=wishes.inline)
    lost = source.ended() if source.kind == "live" else None
    if lost is not None and not code:  # whoever recorded through a night reads it now
        raise Problem(lost, ExitCode.USAGE)
    return code if code is not None else app.return_code or ExitCode.OK
