"""Make ``h100x8.jsonl`` anew, with the real command over the stub of NVML: ``python tests/recordings/build.py``.

Eight H100: gpu:0 computes, at its power cap and hot; gpu:5 falls off the bus after 12 of the 20 samples; the others
idle. It takes 20 seconds.
"""

import importlib.util
import re
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from netmind_tui.document import decode, encode
from netmind_tui.model.recording import RecordingHeader

FOLDER = Path(__file__).parent


def build(path, *, count=20, interval_s=1.0):
    """Record the stub's machine into ``path``."""
    spec = importlib.util.spec_from_file_location("stub_build", FOLDER.parent / "stub/build.py")
    stub = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(stub)
    with tempfile.TemporaryDirectory() as folder:
        environment = stub.stub_environment(Path(folder))("falls-off", lost_after=12, busy_pid=4242)
        command = [sys.executable, "-m", "netmind_tui", "record", "--force", "-o", str(path)]
        limits = ["--count", str(count), "--interval", str(interval_s)]
        subprocess.run([*command, *limits], env=environment, check=True)
    _neutralise(path)


def _neutralise(path):
    """Keep of the kernel what is the same on many machines."""
    first, _, samples = path.read_bytes().partition(b"\n")
    header = decode(first, RecordingHeader)
    kernel = re.match(r"[0-9]+(\.[0-9]+)?", header.host.kernel)
    host = replace(header.host, kernel=kernel[0] if kernel else "unknown")
    path.write_bytes(encode(replace(header, host=host)) + b"\n" + samples)


if __name__ == "__main__":
    build(FOLDER / "h100x8.jsonl")
