"""Reading the configuration: the file, checked to the last key, and what the environment sets instead."""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem
from netmind_tui.model.toml import load
from netmind_tui.paths import config_dir

if TYPE_CHECKING:
    from decimal import Decimal

    from netmind_tui.config.setting import Value
    from netmind_tui.model.configuration import Configuration

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
_LARGEST_BYTES = 1 << 20
_RENEW_BEFORE_S = 7 * 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The configuration. ``alias`` gives devices names of the owner's own: ``big = "gpu:0"``.

    ``keys`` are keys by the id of their action; ``watts`` is what devices draw under load by the name that the owner
    gave, ``idle_watts`` when they do nothing. ``price_per_kwh`` is as it was written; ``None`` is what was not set.
    ``tariff`` is a path or a URL, ``rate_card`` a card's name or path, ``currency`` that of the books, ``decimals``
    those of the owner's tokens by code. ``challenger`` is a URL, ``renew_before_s`` how long before its end a
    certificate is to be made anew. ``declared`` is what only the owner knows, by its name in the file, and
    ``declared_on`` the day of it. ``may_control`` and ``may_change_policy`` are users of the agent's socket,
    ``asks_windows`` lets it start a program of Windows, ``keeps_awake`` lets it hold off sleep while it works,
    ``metrics`` and ``metrics_file`` are where it tells its metrics, ``sockets`` those of other hosts. ``hooks`` are
    programs by the kind of event.
    """

    alias: dict[str, str] = field(default_factory=dict)
    theme: str = "dark"
    signs: str = "unicode"
    read_only: bool = False
    keys: dict[str, str] = field(default_factory=dict)
    price_per_kwh: str | None = None
    tariff: str | None = None
    rate_card: str = "manual"
    currency: str | None = None
    decimals: dict[str, int] = field(default_factory=dict)
    fee_pct: "int | float | Decimal" = 0
    watts: dict[str, float] = field(default_factory=dict)
    idle_watts: dict[str, float] = field(default_factory=dict)
    schedule: str = "never"
    payer: str | None = None
    challenger: str | None = None
    renew_before_s: int = _RENEW_BEFORE_S
    declared: dict[str, float] = field(default_factory=dict)
    declared_on: str | None = None
    may_control: tuple[str, ...] = ()
    may_change_policy: tuple[str, ...] = ()
    asks_windows: bool = False
    keeps_awake: bool = True
    metrics: str | None = None
    metrics_file: str | None = None
    sockets: dict[str, str] = field(default_factory=dict)
    hooks: dict[str, str | list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file as it was read: its bytes, ``None`` where there is none, and the table in them."""

    path: Path
    data: bytes | None = None
    table: dict[str, Any] = field(default_factory=dict)

    @property
    def exists(self) -> bool:
        """Whether there is a file."""
        return self.data is not None


def config_path() -> Path:
    """The file that is read: ``$NETMIND_CONFIG``, or ``config.toml`` in the configuration folder."""
    named = os.environ.get("NETMIND_CONFIG")
    return Path(named) if named else config_dir() / "config.toml"


def read_config() -> Config:
    """The configuration; all defaults where there is no file.

    Raises:
        Problem: the file that ``NETMIND_CONFIG`` names is missing, or the file is none or cannot be read, is no TOML,
            or has a key that is unknown or of the wrong type. The sentence names the file, the key and what was
            expected.
    """
    return config_of(read_own())


def read_own() -> Source:
    """The owner's file, whose keys are not checked yet.

    Raises:
        Problem: ``NETMIND_CONFIG`` names a file that is missing, or see ``read_source``.
    """
    source = read_source(config_path())
    if not source.exists and os.environ.get("NETMIND_CONFIG"):
        raise Problem(f"{source.path}: no such file (NETMIND_CONFIG names it)", ExitCode.USAGE)
    return source


def read_source(path: Path) -> Source:
    """The file, which must be valid TOML; its keys are not checked yet.

    Raises:
        Problem: it is no file, cannot be read or is no TOML.
    """
    try:
        # Asked first: reading a pipe waits for a writer, and some devices never end.
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise _problem(path, f"is {_KINDS.get(stat.S_IFMT(mode), 'something else')}, not a file")
        with path.open("rb") as file:
            data = file.read(_LARGEST_BYTES + 1)
    except FileNotFoundError:
        return Source(path=path)
    except OSError as error:
        raise _problem(path, f"cannot be read: {(error.strerror or str(error)).lower()}") from error
    return Source(path=path, data=data, table=parse_table(path, data))


def parse_table(path: Path, data: bytes) -> dict[str, Any]:
    """The table in a file's bytes; numbers keep the digits that were written.

    Raises:
        Problem: it is no TOML; the sentence names the file and the line.
    """
    import tomllib  # noqa: PLC0415 - 10 ms, and most machines have no such file

    if len(data) > _LARGEST_BYTES:
        raise _problem(path, "is larger than 1 MiB: that is no configuration")
    try:
        return load(data.decode(), parse_float=_exact)
    except UnicodeDecodeError:
        raise _problem(path, "is not UTF-8 text") from None
    except ArithmeticError:
        raise _problem(path, "is not valid TOML: it has a number that is too large") from None
    except (tomllib.TOMLDecodeError, ValueError) as error:
        raise _problem(path, f"is not valid TOML: {_visible(str(error))}") from error
    except RecursionError:
        raise _problem(path, "is nested too deeply") from None


def check(source: Source) -> None:
    """Refuse a file with a key that is unknown or a value that may not stand there.

    Raises:
        Problem: the sentence names the file, the key and what was expected.
    """
    if not source.table:
        return
    from netmind_tui.config.check import faults  # noqa: PLC0415 - only what is in a file must be checked

    for sentence in faults(source.table):
        raise _problem(source.path, sentence)


def config_of(source: Source) -> Config:
    """The configuration that a file makes.

    Raises:
        Problem: something may not stand where it does.
    """
    check(source)
    table = source.table
    tui, electricity = table.get("tui", {}), table.get("electricity", {})
    return Config(
        alias=table.get("alias", {}),
        theme=tui.get("theme", "dark"),
        signs=tui.get("signs", "unicode"),
        read_only=tui.get("read_only", False),
        keys=table.get("keys", {}),
        price_per_kwh=electricity.get("price_per_kwh"),
        tariff=electricity.get("tariff"),
        currency=table.get("earnings", {}).get("currency"),
        rate_card=table.get("earnings", {}).get("rate_card", "manual"),
        decimals={code: each["decimals"] for code, each in table.get("asset", {}).items() if "decimals" in each},
        fee_pct=electricity.get("fee_pct", 0),
        watts=_of_devices(table, "watts"),
        idle_watts=_of_devices(table, "idle_watts"),
        schedule=table.get("schedule", {}).get("preset", "never"),
        payer=table.get("payer", {}).get("name"),
        challenger=table.get("certificate", {}).get("challenger"),
        renew_before_s=_renewal_s(table.get("certificate", {}).get("renew_before")),
        declared={name: float(value) for name, value in table.get("declared", {}).items() if name != "date"},
        declared_on=table.get("declared", {}).get("date"),
        may_control=tuple(table.get("access", {}).get("control", ())),
        may_change_policy=tuple(table.get("access", {}).get("policy", ())),
        asks_windows=table.get("agent", {}).get("ask_windows", False),
        keeps_awake=table.get("agent", {}).get("keep_awake", True),
        metrics=table.get("agent", {}).get("metrics"),
        metrics_file=table.get("agent", {}).get("metrics_file"),
        hooks=table.get("hooks", {}),
        sockets={name: each["socket"] for name, each in table.get("host", {}).items() if "socket" in each},
    )


def configuration(source: Source, environment: Mapping[str, str]) -> "Configuration":
    """Every setting with its value, its origin and its meaning, for people and programs.

    Raises:
        Problem: something may not stand where it does.
    """
    from netmind_tui.config.check import Place, settings_in  # noqa: PLC0415 - see above
    from netmind_tui.config.setting import SETTINGS  # noqa: PLC0415 - see above
    from netmind_tui.model.configuration import Configuration, Entry, Origin  # noqa: PLC0415 - see above

    check(source)
    found: dict[str, list[tuple[Place, Any]]] = {setting.key: [] for setting in SETTINGS}
    for place, value in settings_in(source.table):
        found[place.setting.key].append((place, value))
    entries = []
    for setting in SETTINGS:
        given = from_environment(setting.key, environment) if setting.variable else None
        for place, value in found[setting.key] or [(Place(setting), None)]:
            origin = Origin.FILE if value is not None else Origin.DEFAULT
            if given is not None:
                origin = Origin.ENVIRONMENT
            stands = given if given is not None else setting.default if value is None else value
            entries.append(
                Entry(
                    key=place.key,
                    value=plain(stands),
                    origin=origin,
                    meaning=setting.meaning,
                    default=plain(setting.default),
                    expected=setting.expected,
                    choices=setting.choices,
                    variable=setting.variable if given is not None else None,
                )
            )
    return Configuration(path=str(source.path), exists=source.exists, settings=tuple(entries))


def plain(value: "Value | None") -> str | bool | int | float | None:
    """A value as documents hold it: a number is a number, and digits beyond it are not kept."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, list):
        return ", ".join(value)
    return float(value)


def from_environment(key: str, environment: Mapping[str, str]) -> str | None:
    """What a variable sets instead of the file; an empty one sets nothing.

    Raises:
        Problem: its value may not stand at that key.
    """
    from netmind_tui.config.setting import BY_KEY  # noqa: PLC0415 - see above

    setting = BY_KEY[key]
    given = environment.get(setting.variable or "")
    if not given:
        return None
    from netmind_tui.config.check import Place, fault  # noqa: PLC0415 - see above

    sentence = fault(Place(setting), given.lower())
    if sentence is not None:
        raise Problem(f"{setting.variable}: {sentence}", ExitCode.USAGE)
    return given.lower()


def _of_devices(table: Mapping[str, Any], key: str) -> dict[str, float]:
    return {name: float(each[key]) for name, each in table.get("device", {}).items() if key in each}


def _renewal_s(text: str | None) -> int:
    if text is None:
        return _RENEW_BEFORE_S
    from netmind_tui.model.span import read_span  # noqa: PLC0415 - most files have no such key

    return read_span(text)


def _exact(digits: str) -> "float | Decimal":
    """A number with its digits; what is none (``nan``, ``inf``) stays what it is, and fits nowhere."""
    from decimal import Decimal  # noqa: PLC0415 - only a file with such a number needs it

    return float(digits) if digits.lstrip("+-").isalpha() else Decimal(digits.replace("_", ""))


def _visible(text: str) -> str:
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)


def _problem(path: Path, sentence: str) -> Problem:
    return Problem(f"{path}: {sentence}", ExitCode.USAGE)
