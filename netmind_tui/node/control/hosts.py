"""The hosts that ``--host a,b,c`` or ``--host @FILE`` names."""

from pathlib import Path

from netmind_tui.config.check import is_host
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

_MOST_HOSTS = 256
_LARGEST_BYTES = 64 << 10


def hosts_of(text: str) -> tuple[str, ...]:
    """The hosts of ``a,b,c``, or of a file ``@FILE`` with one a line; what follows ``#`` is a remark.

    Raises:
        Problem: there is none, one is no host, or the file cannot be read.
    """
    if text.startswith("@"):
        words = [line.partition("#")[0].strip() for line in _lines(Path(text[1:]))]
    else:
        words = [word.strip() for word in text.split(",")]
    hosts = tuple(dict.fromkeys(word for word in words if word))
    if not hosts:
        raise Problem(f"--host {text}: it names no host", ExitCode.USAGE)
    if len(hosts) > _MOST_HOSTS:
        raise Problem(f"--host {text}: {len(hosts)} hosts, at most {_MOST_HOSTS} can be asked at once", ExitCode.USAGE)
    for host in hosts:
        if not is_host(host):
            raise Problem(f"--host {host[:80]!r}: a host's name as ssh knows it is expected", ExitCode.USAGE)
    return hosts


def _lines(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_BYTES + 1)
    except OSError as error:
        cause = (error.strerror or str(error)).lower()
        raise Problem(f"--host @{path}: cannot be read: {cause}", ExitCode.USAGE) from error
    if len(data) > _LARGEST_BYTES:
        raise Problem(f"--host @{path}: larger than 64 KiB: that is no list of hosts", ExitCode.USAGE)
    try:
        return data.decode().splitlines()
    except UnicodeDecodeError:
        raise Problem(f"--host @{path}: not UTF-8 text", ExitCode.USAGE) from None
