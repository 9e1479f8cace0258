"""Every logical CPU kept busy while a block runs: what the processor draws then is what its work is reckoned by."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

LONGEST_S = 60
"""Whatever becomes of this process, its children are gone by then."""
_SPIN = f"import time\nend = time.monotonic() + {LONGEST_S}\nwhile time.monotonic() < end: pass"


def usable_cpus() -> int:
    """How many logical CPUs this process may keep busy."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def busy(cpus: int) -> Iterator[None]:
    """Keep so many logical CPUs busy."""
    children: list[subprocess.Popen[bytes]] = []
    try:
        for _ in range(cpus):
            command = [sys.executable, "-I", "-S", "-c", _SPIN]
            children.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL))
        yield
    finally:
        for child in children:
            child.kill()
        for child in children:
            child.wait()
