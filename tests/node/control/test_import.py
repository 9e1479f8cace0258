"""What a client loads: a command line must stay fast, and the interface must not carry the server."""

import subprocess
import sys

import pytest

_HEAVY = {"aiohttp", "asyncio", "numpy", "onnxruntime", "pynvml", "psutil", "rich", "textual"}


def loaded(path, *arguments):
    """The top-level packages that a command has loaded at its end."""
    lines = [
        "import sys",
        "from netmind_tui.cli.main import main",
        f"code = main({list(arguments)!r})",
        "sys.stderr.write(' '.join({name.partition('.')[0] for name in sys.modules}))",
        "sys.exit(code)",
    ]
    environment = {"NETMIND_SOCKET": str(path), "HOME": "/nowhere", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stderr.split())


@pytest.mark.parametrize(
    "arguments",
    [["status", "--json"], ["status", "--one-line"], ["why", "gpu:5"], ["pause", "gpu:0", "--for", "2h"]],
    ids=" ".join,
)
def test_a_command_to_the_agent_loads_nothing_heavy(agent, path, arguments):
    assert not loaded(path, *arguments) & _HEAVY
