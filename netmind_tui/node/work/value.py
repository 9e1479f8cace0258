"""Single values of a workload as people write them: names, command lines, variables, sizes; lengths of time too.

Each reader raises a ``ValueError`` that says what was expected and what was found.
"""

import re
import shlex
from collections.abc import Callable, Iterator

from netmind_tui.node.policy.time import length_s
from netmind_tui.node.policy.value import expected, shown, size_bytes

SIGNS = "letters, digits, '.', '_' and '-', a letter or digit first, at most 64 of them"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_UNIT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9:_.\\@{}-]{0,240}\.service")
_IMAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:@-]{0,511}")
# Cut loose, named or started again by somebody else, a container could not be guarded.
_RUN_IS_OURS = frozenset({"--attach", "--detach", "--name", "--rm", "--restart", "--sig-proxy", "--pull"})
_CUTS_LOOSE = re.compile(r"-[iPqt]*[ad].*", re.DOTALL)  # -d, and -a, with those beside it that take no value
_OURS = ("CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER")
_AGENT = "netmind-agent.service"
# What Linux lets one argument have.
_LONGEST = (1 << 17) - 1
_MOST_WORDS = 4096
_MOST_VARIABLES = 500


def name(value: str) -> str:
    """A workload's name: it stands in paths, addresses and command lines."""
    if not _NAME.fullmatch(value):
        raise ValueError(f"expected a name of {SIGNS}, found {shown(value)}")
    return value


def words(value: object) -> tuple[str, ...]:
    """The words of a command line, the program first."""
    found = options(value)
    if not found:
        raise ValueError('names no program; a list such as ["/usr/bin/boinc"] is expected')
    if not found[0].strip():
        raise ValueError("the first word is empty: it is the program")
    return found


def options(value: object) -> tuple[str, ...]:
    """Words that are handed on as they are, none at all too."""
    if isinstance(value, str):
        raise ValueError(f"expected a list of words, found {shown(value)}{_as_list(value)}")  # noqa: TRY004 - see below
    if not isinstance(value, list):
        raise expected('a list of words such as ["boinc", "--dir", "/var/lib/boinc"]', value)
    if len(value) > _MOST_WORDS:
        raise ValueError(f"has {len(value)} words: {_MOST_WORDS} at most")
    for number, word in enumerate(value, start=1):
        if not isinstance(word, str):
            raise ValueError(f"word {number}: {_no_text(word)}")  # noqa: TRY004 - one kind of refusal for all
        _passable(word, f"word {number}")
    return tuple(value)


def run_options(value: object) -> tuple[str, ...]:
    """What the ``run`` of a container is given, without what the agent says itself."""
    found = options(value)
    for word in found:
        if is_the_agents(word):
            raise ValueError(f"{word!r} is the agent's to say: take it out")
    return found


def is_the_agents(option: str) -> bool:
    """Whether the ``run`` of a container is given this by the agent alone."""
    return option.partition("=")[0] in _RUN_IS_OURS or _CUTS_LOOSE.fullmatch(option) is not None


def _as_list(line: str) -> str:
    try:
        split = shlex.split(line)
    except ValueError:
        return ""
    return f"; write [{', '.join(repr(each)[:80].replace(chr(39), chr(34)) for each in split)}]" if split else ""


def _no_text(value: object) -> str:
    hint = f'; write it in quotes, "{value}"' if isinstance(value, int | float) and not isinstance(value, bool) else ""
    return f"expected text, found {shown(value)}{hint}"


def _passable(text: str, what: str) -> None:
    """Refuse what no process can be given."""
    if "\0" in text:
        raise ValueError(f"{what}: has a NUL, which no process can be given")
    try:
        length = len(text.encode())
    except UnicodeEncodeError:
        raise ValueError(f"{what}: is not UTF-8 text, which alone can stand in the file") from None
    if length > _LONGEST:
        raise ValueError(f"{what}: is longer than {_LONGEST} bytes, which no process can be given")


def environment(value: object) -> dict[str, str]:
    """Variables with their values, as texts."""
    if not isinstance(value, dict):  # what was found is not told: it may be a secret
        raise ValueError('expected a table such as { THREADS = "2" }')  # noqa: TRY004 - one kind of refusal for all
    if len(value) > _MOST_VARIABLES:
        raise ValueError(f"has {len(value)} variables: {_MOST_VARIABLES} at most")
    faults = [fault for variable, given in value.items() for fault in _variable(variable, given)]
    if faults:
        raise ValueError("; ".join(faults[:5]))
    return dict(value)


def _variable(variable: str, given: object) -> Iterator[str]:
    if not _VARIABLE.fullmatch(variable):
        yield f"{shown(variable)} is no name of a variable: letters, digits and '_' are"
    elif variable in _OURS or variable.startswith("NETMIND_"):
        yield f"{variable} is set by the agent: take it out"
    elif not isinstance(given, str):
        yield f"{variable}: expected text; write it in quotes"  # and the value, which may be a secret, is not told
    else:
        try:
            _passable(given, variable)
        except ValueError as error:
            yield str(error)


def folder(value: object) -> str:
    """A folder, from the root or from the instance's own on."""
    if not isinstance(value, str) or not value.startswith(("/", "{folder}")) or not value.isprintable():
        hint = "; ~ is understood by shells alone" if isinstance(value, str) and value.startswith("~") else ""
        raise ValueError(f"expected a folder from the root on such as '/srv/work', found {shown(value)}{hint}")
    return value


def unit(value: object) -> str:
    """A service of systemd by its name."""
    if not isinstance(value, str) or not _UNIT.fullmatch(value):
        is_bare = isinstance(value, str) and _UNIT.fullmatch(f"{value}.service")
        hint = f"; did you mean {value}.service?" if is_bare and "." not in str(value) else ""
        raise ValueError(f"expected a service such as 'boinc-client.service', found {shown(value)}{hint}")
    if value == _AGENT:
        raise ValueError(f"{_AGENT} is the agent itself")
    return value


def image(value: object) -> str:
    """An image of a container by its name."""
    if not isinstance(value, str) or not _IMAGE.fullmatch(value):
        raise expected("an image such as 'ghcr.io/name/image:1.0'", value)
    return value


def length(low_s: float, high_s: float, what: str) -> Callable[[object], float]:
    """A reader of lengths of time between two, both included; ``what`` says which in words."""

    def read(value: object) -> float:
        found = length_s(value)
        if not low_s <= found <= high_s:
            raise expected(f"a length of time {what}", value)
        return found

    return read


def size(low: int, high: int, what: str) -> Callable[[object], int]:
    """A reader of sizes between two, both included; ``what`` says which in words."""

    def read(value: object) -> int:
        found = size_bytes(value)
        if not low <= found <= high:
            raise expected(f"a size {what}", value)
        return int(found)

    return read
