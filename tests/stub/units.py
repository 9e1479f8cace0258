"""What stands in for systemd: ``units.py SOCKET``, with ``standin.py`` as ``systemctl``.

Units are scripts beside the socket, ``NAME.sh``. What was asked stands in ``SOCKET.asked``, a JSON list a line.
``SOCKET.denied`` has it refuse every change, ``SOCKET.cannot-freeze`` makes it an old systemd,
``SOCKET.slow`` one whose units take longer to be up than anybody waits.
"""

import contextlib
import json
import os
import signal
import socketserver
import subprocess
import sys
import threading
from pathlib import Path


class Unit:
    def __init__(self, path):
        self.state, self.result, self.code, self.status, self.process = "inactive", "success", 0, 0, None
        self.path, self.asked = path, False
        self.over = threading.Event()

    def start(self):
        self.over.clear()
        self.asked = False
        null = subprocess.DEVNULL
        words = ["/bin/sh", self.path]
        self.process = subprocess.Popen(words, stdin=null, stdout=null, stderr=null, start_new_session=True)
        self.state = "active"
        threading.Thread(target=self.wait, daemon=True).start()

    def wait(self):
        code = self.process.wait()
        self.send(signal.SIGKILL)
        self.code, self.status = (1, code) if code >= 0 else (2, -code)
        is_clean = code == 0 or (self.asked and code in (-signal.SIGTERM, -signal.SIGKILL))
        self.result = "success" if is_clean else "exit-code" if code > 0 else "signal"
        self.state = "inactive" if is_clean else "failed"
        self.over.set()

    def send(self, number):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)


class Manager(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def __init__(self, path):
        self.units, self.lock = {}, threading.Lock()
        super().__init__(path, Handler)


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        words = json.loads(self.rfile.readline())["words"]
        root = self.server.server_address
        with self.server.lock, Path(root + ".asked").open("a") as file:
            file.write(json.dumps(words) + "\n")
        act, name, *_ = [word for word in words if not word.startswith("--")]
        self.flags = [word for word in words if word.startswith("--")]
        path = Path(root).with_name(f"{name}.sh")
        out, err, code = "", self.refusal(act, name, path), 0
        if not err:
            with self.server.lock:
                unit = self.server.units.setdefault(name, Unit(path))
            out, err, code = getattr(self, f"do_{act.replace('-', '_')}")(unit)
        with contextlib.suppress(OSError):
            self.wfile.write(json.dumps({"out": out, "err": err, "exit": code or int(bool(err))}).encode() + b"\n")

    def refusal(self, act, name, path):
        root = self.server.server_address
        if not path.exists() and act != "show":
            return f"Failed to {act} {name}: Unit {name} not found.\n"
        if act not in ("show", "is-active") and Path(root + ".denied").exists():
            more = f"See system logs and 'systemctl status {name}' for details.\n"
            return f"Failed to {act} {name}: Interactive authentication required.\n{more}"
        if act == "freeze" and Path(root + ".cannot-freeze").exists():
            return f"Failed to freeze unit {name}: Unit '{name}' does not support freezing\n"
        return ""

    def do_start(self, unit):
        if unit.state != "active":
            unit.start()
        if Path(self.server.server_address + ".slow").exists():
            threading.Event().wait(30)
        return "", "", 0

    def do_stop(self, unit):
        if unit.state == "active":
            unit.asked = True
            unit.send(signal.SIGTERM)
            if "--no-block" not in self.flags and not unit.over.wait(20):
                unit.send(signal.SIGKILL)
                unit.over.wait()
        return "", "", 0

    def do_kill(self, unit):
        number = next(flag.partition("=")[2] for flag in self.flags if flag.startswith("--signal="))
        if unit.state != "active":
            return "", f"Failed to kill unit: Unit {unit.path.stem} not loaded.\n", 1
        unit.send(getattr(signal, number))
        return "", "", 0

    def do_freeze(self, unit):
        unit.send(signal.SIGSTOP)
        return "", "", 0

    def do_thaw(self, unit):
        unit.send(signal.SIGCONT)
        return "", "", 0

    def do_set_property(self, _unit):
        return "", "", 0

    def do_is_active(self, unit):
        return f"{unit.state}\n", "", 0 if unit.state == "active" else 3

    def do_show(self, unit):
        found = {
            "ActiveState": unit.state,
            "Result": unit.result,
            "ExecMainCode": unit.code,
            "ExecMainStatus": unit.status,
            "MainPID": unit.process.pid if unit.state == "active" else 0,
            "ControlGroup": "",
        }
        wanted = [flag.partition("=")[2] for flag in self.flags if flag.startswith("--property=")]
        return "".join(f"{key}={found[key]}\n" for key in wanted), "", 0


if __name__ == "__main__":
    with Manager(sys.argv[1]) as server:
        os.write(1, b"ready\n")
        try:
            server.serve_forever()
        finally:
            for each in server.units.values():
                if each.state == "active":
                    each.send(signal.SIGKILL)
