"""Making a document fit to be shown to strangers: who and where it came from is replaced, what was measured stays.

Placeholders are stable: the same value gets the same one everywhere, numbered in the order of appearance. What is not
known to be harmless is searched: a new member of a document is redacted until it is listed here.
"""

import re
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, TypeVar, cast

T = TypeVar("T")

# Members whose whole value is replaced, by the word that stands for it.
_PRIVATE = {
    "hostname": "host",
    "user": "user",
    "username": "user",
    "owner": "user",
    "uuid": "uuid",
    "serial": "serial",
    "board_serial": "serial",
    "Disk.device": "disk",
    "DeviceProcess.name": "process",
}
# Members that name what anyone could have: numbers in versions look like addresses, and ``0000:81:00.0`` is a slot.
_PUBLIC = {"schema", "id", "version", "kernel", "os", "python", "file_system", "pci_slot", "parent"} | {
    "device",
    "cuda_version",
    "nvml_version",
    "vbios_version",
    "generated_at",
    "boot_at",
    "at",
}
_SINGLE = {"host", "user"}
_MAKER = "gpu-"  # with or without it, a UUID is the same card's

_HEX = "[0-9a-fA-F]"
_UUID = re.compile(rf"\b(?:(?i:GPU|MIG)-)?{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}\b")
_HARDWARE_ADDRESS = re.compile(rf"(?<![\w:]){_HEX}{{2}}(?::{_HEX}{{2}}){{5}}(?![\w:])")
# What could be an IPv6 address, or has four numbers like an IPv4 one; a parser decides.
_ADDRESS = re.compile(r"(?<![\w:])[0-9a-fA-F]*:[0-9a-fA-F]*:[0-9a-fA-F:.]*|(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?!\.?\w)")
# The machine's own folders are the same everywhere; all others may bear names of people and projects.
_SYSTEM = "(?:proc|sys|etc|usr|run|boot|lib|lib64|bin|sbin)"
_NAME = r"""[^\s"'`:;,()]"""  # a sentence's own marks do not belong to the path in it
_PATH = re.compile(rf"(?<![\w./~])/(?!{_SYSTEM}\b){_NAME}+(?<!\.)|(?<![\w/])~/{_NAME}+|(?<!\w)[A-Za-z]:\\{_NAME}+")
_DEVICE_FILE = re.compile(r"/dev/(?!mapper/|disk/)[\w/-]+")


class Redactor:
    """Replaces what identifies a person or a machine, in one document or in a stream of them.

    Args:
        names: words that identify and stand in free text, with what replaces them: the host's name, the user's.
    """

    def __init__(self, names: dict[str, str] | None = None) -> None:
        self._names = {name: word for name, word in (names or {}).items() if name}
        self._placeholders: dict[tuple[str, str], str] = {}
        self._counts: dict[str, int] = {}

    def redact(self, document: T) -> T:
        """A copy of a document, dataclass or container with every string in it made harmless."""
        return cast("T", self._value(document, ""))

    def _value(self, value: Any, name: str) -> Any:  # noqa: ANN401 - documents are any nesting of values
        if isinstance(value, str):
            return value if isinstance(value, Enum) or name in _PUBLIC else self._text(value, name)
        if is_dataclass(value) and not isinstance(value, type):
            return type(value)(**{each.name: self._member(value, each.name) for each in fields(value)})
        if isinstance(value, dict):
            return {key: self._value(each, key if isinstance(key, str) else "") for key, each in value.items()}
        if isinstance(value, tuple | list):
            return type(value)(self._value(each, name) for each in value)
        return value

    def _member(self, owner: object, name: str) -> Any:  # noqa: ANN401 - a member is any value
        qualified = f"{type(owner).__name__}.{name}"
        return self._value(getattr(owner, name), qualified if qualified in _PRIVATE else name)

    def _text(self, text: str, name: str) -> str:
        word = _PRIVATE.get(name)
        if word is not None and text:  # nothing names nobody
            return self._placeholder(word, text)
        text = _UUID.sub(lambda match: self._placeholder("uuid", match[0]), text)
        text = _HARDWARE_ADDRESS.sub(lambda match: self._placeholder("address", match[0]), text)
        text = _ADDRESS.sub(lambda match: self._address(match[0]), text)
        text = _PATH.sub(lambda match: self._path(match[0]), text)
        for known, stand_in in self._names.items():
            text = re.sub(rf"(?<![\w-]){re.escape(known)}(?![\w-])", stand_in, text)
        return text

    def _placeholder(self, word: str, value: str) -> str:
        if word in _SINGLE:
            return word
        key = (word, value.lower().removeprefix(_MAKER))
        if key not in self._placeholders:
            self._counts[word] = self._counts.get(word, 0) + 1
            self._placeholders[key] = f"{word}-{self._counts[word]}"
        return self._placeholders[key]

    def _address(self, text: str) -> str:
        import ipaddress  # noqa: PLC0415 - 5 ms, and only a shared document needs it

        try:
            ipaddress.ip_address(text.rstrip("."))
        except ValueError:
            return text
        return self._placeholder("address", text.rstrip(".")) + text[len(text.rstrip(".")) :]

    def _path(self, text: str) -> str:
        return text if _DEVICE_FILE.fullmatch(text) else self._placeholder("path", text)


def names_of(hostname: str | None, users: Iterable[str | None]) -> dict[str, str]:
    """The words for a ``Redactor``: a host's full and short name, and the names of its users."""
    names = dict.fromkeys((user for user in users if user), "user")
    if hostname:
        names |= {hostname: "host", hostname.split(".")[0]: "host"}
    return names
