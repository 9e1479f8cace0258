"""Whether a value may stand at a key: one sentence for each that may not, with what was expected."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from netmind_tui.config.setting import BY_KEY, SETTINGS, TABLES, Kind, Setting, Value
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem, nearest

_TYPES = {str: "a string", bool: "true or false", int: "a number", list: "a list", dict: "a table"}
_NUMBERS = ("int", "float", "Decimal")
_READ = (Kind.PRICE, Kind.SPAN, Kind.DATE)
_MOST_WATTS, _WHOLE = 10_000, 100
_LONGEST = 200
_MOST_PORT = 65_535
_CARD = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_ASSET = re.compile(r"[A-Z][A-Z0-9]{1,11}")
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@$-]{0,63}")
_HOST = re.compile(r"[A-Za-z0-9_\[][A-Za-z0-9_.:@%\[\]-]{0,252}")


class Place(NamedTuple):
    """A setting in the file; of a family the member that ``name`` is."""

    setting: Setting
    name: str = ""

    @property
    def key(self) -> str:
        """Its key as the owner writes it in a command line: ``device.gpu:0.watts``."""
        return self.setting.named(shown_name(self.name)) if self.name else self.setting.key

    @property
    def path(self) -> tuple[str, ...]:
        """Its tables and its name in the file."""
        return self.setting.path(self.name)


class Found(NamedTuple):
    """What stands in the file at a place."""

    place: Place
    value: Any


def settings_in(table: Mapping[str, Any]) -> Iterator[Found]:
    """Every setting that a file has, in its own order; what is unknown or no table is passed over."""
    for setting in SETTINGS:
        head, *rest = setting.key.split(".")
        inner = table.get(head)
        if not isinstance(inner, dict):
            continue
        if not setting.is_family:
            if rest[0] in inner:
                yield Found(Place(setting), inner[rest[0]])
            continue
        for name, value in inner.items():
            if len(rest) == 1:
                yield Found(Place(setting, name), value)
            elif isinstance(value, dict) and rest[1] in value:
                yield Found(Place(setting, name), value[rest[1]])


def faults(table: Mapping[str, Any]) -> Iterator[str]:
    """A sentence for each key that is unknown and each value that may not stand where it does."""
    for head, inner in table.items():
        if head not in TABLES:
            yield f"{shown_name(head)} is not a key; {nearest(head, list(TABLES))}"
        elif not isinstance(inner, dict):
            yield f"{head}: expected a table of {_table_of(head)}, found {_type(inner)}"
        else:
            yield from _unknown(head, inner)
    for place, value in settings_in(table):
        sentence = fault(place, value)
        if sentence is not None:
            yield sentence


def fault(place: Place, value: object) -> str | None:
    """Why a value may not stand at a place, in one sentence; ``None`` where it may."""
    setting = place.setting
    if setting.is_family and (sentence := _name_fault(place, value)) is not None:
        return sentence
    wrong_type = f"{place.key}: expected {setting.expected}, found {_type(value)}"
    if setting.kind is Kind.SWITCH:
        return None if isinstance(value, bool) else wrong_type
    if setting.kind in (Kind.PERCENT, Kind.WATTS):
        if isinstance(value, bool) or type(value).__name__ not in _NUMBERS:
            return wrong_type
        is_within = 0 <= value < _WHOLE if setting.kind is Kind.PERCENT else 1 <= value <= _MOST_WATTS  # type: ignore[operator]
        return None if is_within else f"{place.key}: expected {setting.expected}, found {value}"
    if setting.kind is Kind.NUMBER:
        return _number_fault(place, value, wrong_type)
    if setting.kind is Kind.NAMES:
        return None if _is_names(value) else wrong_type
    if setting.kind is Kind.PROGRAM:
        return _program_fault(place, value, wrong_type)
    return _text_fault(place, value) if isinstance(value, str) else wrong_type


def _program_fault(place: Place, value: object, wrong_type: str) -> str | None:
    """Why a value names no program."""
    words = value
    if isinstance(value, str):
        import shlex  # noqa: PLC0415 - most files have no such key

        try:
            words = shlex.split(value)
        except ValueError:
            return f"{place.key}: a quotation mark in {value[:_LONGEST]!r} has no other"
    if not isinstance(words, list):
        return wrong_type
    is_right = bool(words) and all(isinstance(word, str) and "\0" not in word for word in words) and bool(words[0])
    return None if is_right else f"{place.key}: expected {place.setting.expected}"


def _is_names(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) and _USER.fullmatch(each) for each in value)


def _number_fault(place: Place, value: object, wrong_type: str) -> str | None:
    """Why a value is not a number between 0 and the most that may be declared."""
    setting = place.setting
    if isinstance(value, bool) or type(value).__name__ not in _NUMBERS:
        return wrong_type
    is_right = 0 <= value <= setting.most and (isinstance(value, int) or not setting.is_whole)  # type: ignore[operator] # a number
    return None if is_right else f"{place.key}: expected {setting.expected}, found {value}"


def read_value(place: Place, text: str) -> Value:
    """The value that a word of a command line or a screen means at a place.

    Raises:
        Problem: it may not stand there; the sentence names the key and what was expected.
    """
    value: Value = text.strip()
    if place.setting.kind is Kind.SWITCH:
        value = {"true": True, "false": False}.get(text.strip().lower(), value)
    elif place.setting.kind in (Kind.PERCENT, Kind.WATTS, Kind.NUMBER):
        value = _number(text.strip())
    elif place.setting.kind is Kind.NAMES:
        value = [word.strip() for word in text.split(",")]
    sentence = fault(place, value)
    if sentence is not None:
        raise Problem(sentence.replace("found a string", f"found {text!r}"), ExitCode.USAGE)
    return value


def find_place(key: str) -> Place:
    """The setting that a key means: ``tui.theme``, ``alias.big``, ``device.gpu:0.watts``.

    Raises:
        Problem: there is no such setting, or no such action to give a key to; the nearest are offered.
    """
    if key in BY_KEY and not BY_KEY[key].is_family:
        return Place(BY_KEY[key])
    head, _, rest = key.partition(".")
    for setting in SETTINGS:
        tail = setting.key.partition(">")[2]
        if setting.is_family and setting.table == head and rest.endswith(tail):
            name = rest.removesuffix(tail).strip('"')
            if name and not name.startswith("<"):
                place = Place(setting, name)
                if head == "keys" and (sentence := _action_fault(place)) is not None:
                    raise Problem(sentence, ExitCode.USAGE)
                return place
    raise Problem(f"{shown_name(key)} is not a key; {nearest(key, list(BY_KEY))}", ExitCode.USAGE)


def shown_name(name: str) -> str:
    """A name as a sentence can hold it: as it is, or quoted and escaped where it could not be seen."""
    return name if name and name.isprintable() else repr(name)


def _unknown(head: str, inner: Mapping[str, Any]) -> Iterator[str]:
    known = [setting for setting in SETTINGS if setting.table == head]
    families = [setting for setting in known if setting.is_family]
    if not families:
        names = [setting.key for setting in known]
        for name in inner:
            if f"{head}.{name}" not in names:
                yield f"{head}.{shown_name(name)} is not a key; {nearest(f'{head}.{name}', names)}"
        return
    tail = [part for family in families for part in family.key.split(".")[2:]]
    for name, value in inner.items() if tail else ():
        place = Place(families[0], name)
        if not isinstance(value, dict):
            yield f"{head}.{shown_name(name)}: expected a table with {' or '.join(tail)}, found {_type(value)}"
            continue
        if (sentence := _name_fault(place, value)) is not None:
            yield sentence
        for field in value:
            if field not in tail:
                yield f"{head}.{shown_name(name)}.{shown_name(field)} is not a key; {nearest(field, tail)}"


def _name_fault(place: Place, value: object) -> str | None:
    """Why the owner's part of a key cannot be."""
    head, name = place.setting.table, place.name
    if not name:
        return f"{head}: the name for {value!r} is empty; give it one of at least one letter"
    if head in _NAME_FAULTS:
        return _NAME_FAULTS[head](place)
    if head == "alias":
        from netmind_tui.model.selector import RESERVED  # noqa: PLC0415 - 4 ms, and most files have no such key

        key = f"{head}.{shown_name(name)}"
        if not isinstance(value, str):
            return f"{key}: expected {place.setting.expected}, found {_type(value)}"
        if name.lower() in RESERVED:
            return f"{key}: {name.lower()} always means devices of this machine; choose another name"
        if not name.isprintable() or any(sign in name for sign in ":, "):
            return f"{key}: a name is one word without colon, comma, blank or control character"
    return None


def _action_fault(place: Place) -> str | None:
    from netmind_tui.config.action_id import ACTION_IDS  # noqa: PLC0415 - most files have no such key

    if place.name in ACTION_IDS:
        return None
    return f"keys.{shown_name(place.name)}: unknown action; {nearest(place.name, list(ACTION_IDS))}"


def _event_fault(place: Place) -> str | None:
    from netmind_tui.model.event import EventKind  # noqa: PLC0415 - most files have no such key

    known = ["any", *(kind.value for kind in EventKind)]
    if place.name in known:
        return None
    return f"hooks.{shown_name(place.name)}: there is no such event; {nearest(place.name, known)}"


def _host_fault(place: Place) -> str | None:
    if is_host(place.name):
        return None
    return f"host.{shown_name(place.name)}: a host's name as ssh knows it is expected"


def _asset_fault(place: Place) -> str | None:
    if _ASSET.fullmatch(place.name):
        return None
    return f"asset.{shown_name(place.name)}: a token's code is 2 to 12 capital letters and digits, such as NMT"


def _device_fault(place: Place) -> str | None:
    from netmind_tui.model.selector import parse  # noqa: PLC0415 - see above

    name = place.name
    key = f"device.{shown_name(name)}"
    try:
        parts = parse(name)
    except Problem as problem:
        return f"{key}: {problem.sentence}"
    if len(parts) > 1 or name.lower() in ("all", "gpu", "mig"):
        return f"{key}: expected one device such as gpu:0, cpu or a UUID, and not several"
    return None


_NAME_FAULTS: Mapping[str, Callable[[Place], str | None]] = {
    "keys": _action_fault,
    "hooks": _event_fault,
    "host": _host_fault,
    "asset": _asset_fault,
    "device": _device_fault,
}


def _text_fault(place: Place, text: str) -> str | None:
    setting, key = place.setting, place.key
    if setting.choices:
        if text in setting.choices:
            return None
        return f"{key}: {text!r} is not known; {nearest(text.lower(), list(setting.choices))}"
    if setting.kind is Kind.DEVICES:
        from netmind_tui.model.selector import parse  # noqa: PLC0415 - see above

        return _refused(key, parse, text)
    unexpected = f"{key}: expected {setting.expected}, found {text[:_LONGEST]!r}"
    if setting.kind in _READ:
        return None if _is_read(setting.kind, text) else unexpected
    is_word = bool(text) and text.isprintable() and text == text.strip() and len(text) <= _LONGEST
    if not is_word or (setting.kind in (Kind.KEY, Kind.URL) and " " in text):
        return unexpected
    if setting.kind is Kind.URL:
        from netmind_tui.model.place import url_fault  # noqa: PLC0415 - see above

        sentence = url_fault(text)
        return sentence and f"{key}: {sentence}, found {text!r}"
    return _word_fault(place, text, unexpected)


def _word_fault(place: Place, text: str, unexpected: str) -> str | None:
    """Why a word of one line is not of its kind."""
    setting, key = place.setting, place.key
    if setting.kind is Kind.TARIFF:
        return _tariff_fault(key, text, unexpected)
    if setting.kind is Kind.CARD:
        return None if text.startswith("/") or _CARD.fullmatch(text) else unexpected
    if setting.kind is Kind.CURRENCY:
        return None if _CURRENCY.fullmatch(text) else unexpected
    if setting.kind is Kind.PATH:
        return None if text.startswith("/") else unexpected
    if setting.kind is Kind.ADDRESS:
        return None if read_address(text) else unexpected
    if setting.kind is Kind.KEY:
        from netmind_tui.config.key import key_fault  # noqa: PLC0415 - see above

        sentence = key_fault(text)
        return sentence and f"{key}: {sentence}"
    return None


def _tariff_fault(key: str, text: str, unexpected: str) -> str | None:
    """Why a word is neither a file's path nor a URL that may be fetched."""
    if "://" not in text:
        return None if text.startswith("/") else unexpected
    from netmind_tui.model.place import resource_fault  # noqa: PLC0415 - see above

    sentence = resource_fault(text)
    return sentence and f"{key}: {sentence}, found {text!r}"


def read_address(text: str) -> tuple[str, int] | None:
    """The host and port of a loopback address; ``None`` where it is none."""
    from netmind_tui.model.place import is_loopback  # noqa: PLC0415 - see above

    host, _, port = text.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    if not port.isascii() or not port.isdigit() or not 0 < int(port) <= _MOST_PORT or not is_loopback(bare):
        return None
    return bare, int(port)


def is_host(name: str) -> bool:
    """Whether a word can be a host for ssh, and cannot be an option of it."""
    return _HOST.fullmatch(name) is not None


def _is_read(kind: Kind, text: str) -> bool:
    """Whether a word is what its kind is."""
    if kind is Kind.DATE:
        return _is_date(text)
    from netmind_tui.model.cost import read_price  # noqa: PLC0415 - see above
    from netmind_tui.model.span import read_span  # noqa: PLC0415 - see above

    read: Callable[[str], object] = read_price if kind is Kind.PRICE else read_span
    try:
        read(text)
    except Problem:
        return False
    return True


def _is_date(text: str) -> bool:
    from datetime import date  # noqa: PLC0415 - see above

    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _refused(key: str, read: Any, text: str) -> str | None:  # noqa: ANN401 - any reader that raises Problem
    try:
        read(text)
    except Problem as problem:
        return f"{key}: {problem.sentence}"
    return None


def _number(text: str) -> Value:
    """A number exactly as it was written; the text itself where it is none."""
    import re  # noqa: PLC0415 - only a command that writes comes here
    from decimal import Decimal  # noqa: PLC0415 - see above

    if re.fullmatch(r"[0-9]{1,9}", text):
        return int(text)
    return Decimal(text) if re.fullmatch(r"[0-9]{1,9}\.[0-9]{1,6}", text) else text


def _table_of(head: str) -> str:
    return {"alias": "names", "device": "devices", "keys": "keys"}.get(head, "settings")


def _type(value: object) -> str:
    return _TYPES.get(type(value)) or ("a number" if type(value).__name__ in _NUMBERS else "a date or time")
