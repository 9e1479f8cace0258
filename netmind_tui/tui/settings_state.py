"""The settings as the interface knows them: read once, changed only through the code that the command uses."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
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
from netmind_tui.tui.action import BY_ID, read_keymap

if TYPE_CHECKING:
    from netmind_tui.config.setting import Value

NOTHING = Configuration(path="", exists=False, settings=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What holds. ``trouble`` is why the file could not be used: everything is a default then."""

    config: Config = field(default_factory=Config)
    shown: Configuration = NOTHING
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class Configured:
    """The settings were read."""

    settings: Settings


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
        return Settings(shown=replace(shown, exists=path.exists()), trouble=problem.sentence)
    trouble = None
    try:
        read_keymap(config.keys)
    except Problem as problem:
        trouble = f"{path}: {problem.sentence}"
        config = replace(config, keys={name: key for name, key in config.keys.items() if name in BY_ID})
    return Settings(config=config, shown=configuration(source, environment), trouble=trouble)


def place_of(key: str) -> Place:
    """Where a setting stands; an action must be one that the interface has.

    Raises:
        Problem: there is no such setting or action; the nearest is offered.
    """
    place = find_place(key)
    if place.setting.table == "keys":
        read_keymap({place.name: "x"})
    return place


def fault_of(key: str, text: str) -> str | None:
    """Why a word may not be the value of a setting; an empty one takes the setting out of the file."""
    try:
        place = place_of(key)
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
        place = place_of(key)
        wanted[place] = read_value(place, text) if text.strip() else None
    before = read_source(config_path())
    after = edited(before, wanted)
    write(before, after)
    return after is not before
