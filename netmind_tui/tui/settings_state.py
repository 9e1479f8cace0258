"""The settings as the interface knows them: read once, changed only through the code that the command uses."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from netmind_tui.config.check import Place, find_place, read_value
from netmind_tui.config.edit import edited, write
from netmind_tui.config.source import (
    Config,
    Source,
    config_of,
    config_path,
    configuration,
    read_own,
    read_source,
)
from netmind_tui.model.configuration import Configuration
from netmind_tui.model.problem import Problem
from netmind_tui.tui.message import Part

if TYPE_CHECKING:
    from netmind_tui.config.setting import Value
    from netmind_tui.tui.state import State

_SHOWN_BYTES = 1 << 14

NOTHING = Configuration(path="", exists=False, settings=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What holds. ``trouble`` is why the file could not be used: everything is a default then.

    ``text`` are the lines of the file as it stands, where it can be read.
    """

    config: Config = field(default_factory=Config)
    shown: Configuration = NOTHING
    trouble: str | None = None
    text: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Configured(Part):
    """The settings were read."""

    settings: Settings

    def after(self, state: "State") -> "State":
        """See ``Part``."""
        return replace(state, settings=self.settings)


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings; all defaults, with the reason, where the file has an error.

    Raises:
        Problem: a variable of the environment has a value that its setting cannot have.
    """
    path = config_path()
    try:
        source = read_own()
        config = config_of(source)
    except Problem as problem:
        shown = configuration(Source(path=path), environment)
        return Settings(shown=replace(shown, exists=path.exists()), trouble=problem.sentence, text=_lines(path))
    return Settings(config=config, shown=configuration(source, environment), text=_lines(path))


def _lines(path: Path) -> tuple[str, ...]:
    """The first lines of the file, faults and all; none where it is no file or cannot be read."""
    try:
        with path.open("rb") if path.is_file() else BytesIO() as file:
            text = file.read(_SHOWN_BYTES).decode("utf-8", "replace")
    except OSError:
        return ()
    return tuple("".join(sign if sign.isprintable() else " " for sign in each) for each in text.splitlines())


def fault_of(key: str, text: str) -> str | None:
    """Why a word may not be the value of a setting; an empty one takes the setting out of the file."""
    try:
        place = find_place(key)
        if text.strip():
            read_value(place, text)
    except Problem as problem:
        return problem.sentence
    return None


def save(texts: Mapping[str, str]) -> bool:
    """Write settings back, each as a word; whether the file changed by it.

    Raises:
        Problem: a value may not stand there, or the file has an error, was changed meanwhile or cannot be written.
    """
    wanted: dict[Place, Value | None] = {}
    for key, text in texts.items():
        place = find_place(key)
        wanted[place] = read_value(place, text) if text.strip() else None
    before = read_source(config_path())
    after = edited(before, wanted)
    write(before, after)
    return after is not before
