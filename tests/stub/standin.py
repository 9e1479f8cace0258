"""A stand-in for ``docker``, ``podman`` and ``systemctl``: it speaks to the daemon that the tests put in their place.

Installed under one of these names it hands on what it is told, says what the daemon says, and fails as the real one
does where there is none. It loads little: tests call it often.
"""

import json
import os
import socket
import sys

PLACES = {"docker": "DOCKER_HOST", "podman": "CONTAINER_HOST", "systemctl": "DBUS_SESSION_BUS_ADDRESS"}
HINT = "\n\nRun 'docker run --help' for more information\n"


def complaint(kind, path, error, words):
    if kind == "systemctl":
        if "--user" in words:
            return "Failed to connect to bus: No medium found\n"
        words = "System has not been booted with systemd as init system (PID 1). Can't operate.\n"
        return f"{words}Failed to connect to bus: Host is down\n"
    if isinstance(error, PermissionError):
        words = f"permission denied while trying to connect to the Docker daemon socket at unix://{path}"
        return f"{kind}: {words}: dial unix {path}: connect: permission denied{HINT}"
    return f"{kind}: Cannot connect to the Docker daemon at unix://{path}. Is the docker daemon running?{HINT}"


def main(kind, words):
    path = os.environ.get(PLACES[kind], "/nowhere").removeprefix("unix://").removeprefix("unix:path=")
    line = socket.socket(socket.AF_UNIX)
    try:
        line.connect(path)
    except OSError as error:
        sys.stderr.write(complaint(kind, path, error, words))
        return 125 if words[0] == "run" else 1
    asked = {"kind": kind, "words": words, "environment": dict(os.environ)}
    line.sendall(json.dumps(asked).encode() + b"\n")
    for answer in map(json.loads, line.makefile()):
        sys.stdout.write(answer.get("out", ""))
        sys.stdout.flush()
        sys.stderr.write(answer.get("err", ""))
        if "exit" in answer:
            return answer["exit"]
    return 1


if __name__ == "__main__":
    sys.exit(main(os.path.basename(sys.argv[0]), sys.argv[1:]))  # noqa: PTH119 - pathlib is half of a start
