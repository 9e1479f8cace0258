"""Serve requests: they come on stdin, events go to stdout, a line each; the end of stdin ends this process."""

import gc
import os
import platform
import queue
import sys
import threading
from contextlib import suppress
from typing import Any, BinaryIO

import msgspec
import numpy as np
import onnxruntime as ort

from netmind_tui.bench.protocol import Ask, Ready
from netmind_tui.bench.worker.measure import Worker
from netmind_tui.model.kernel import Provider

_STOP, _GO = b"stop\n", b"go\n"


def _private_stdout() -> BinaryIO:
    """Keep the protocol's pipe to ourselves: what a library prints goes to stderr."""
    protocol = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return protocol


def _listen(worker: Worker, requests: "queue.SimpleQueue[Ask | None]") -> None:
    """Read stdin until it closes; then the parent is gone and this process has no reason to go on."""
    decoder: Any = msgspec.json.Decoder(Ask)
    try:
        for line in sys.stdin.buffer:
            if line == _STOP:
                worker.stop_asked.set()
            elif line == _GO:
                worker.go_given.set()
            else:
                requests.put(decoder.decode(line))
    finally:
        os._exit(0)


def main() -> None:
    """Serve requests until stdin closes."""
    gc.disable()  # no collection inside a timed window; each kernel ends with one
    worker = Worker(Provider(sys.argv[1]), _private_stdout())
    requests: queue.SimpleQueue[Ask | None] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(worker, requests), daemon=True).start()
    with suppress(BrokenPipeError):
        worker.say(Ready(ort.__version__, np.__version__, platform.python_version()))
        while (request := requests.get()) is not None:
            worker.say(worker.answer(request))


if __name__ == "__main__":
    main()
