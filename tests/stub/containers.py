"""What stands in for the daemon of docker or podman: ``containers.py SOCKET``, with ``standin.py`` as its client.

A container is a process with a group of its own. What was asked stands in ``SOCKET.asked``, a JSON list a line. With
``SOCKET.hangs`` it answers nothing but ``run``.
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

IMAGES = {"work:1"}
TAKING_VALUES = {"--name", "--pull", "--cpus", "--memory", "--cpu-shares", "--env", "--workdir", "--label", "--device"}


class Container:
    def __init__(self, name, words, environment, labels):
        self.name, self.labels, self.state, self.code = name, labels, "running", None
        self.process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )
        self.over = threading.Event()

    def send(self, number):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def wait(self):
        code = self.process.wait()
        self.code = code if code >= 0 else 128 - code
        self.send(signal.SIGKILL)  # its other processes go with the first
        self.state = "exited"
        self.over.set()


class Daemon(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def __init__(self, path):
        self.containers, self.lock = {}, threading.Lock()
        super().__init__(path, Handler)


class Handler(socketserver.StreamRequestHandler):
    def say(self, **words):
        with contextlib.suppress(OSError):  # the client has gone
            self.wfile.write(json.dumps(words).encode() + b"\n")
            self.wfile.flush()

    def handle(self):
        asked = json.loads(self.rfile.readline())
        self.kind, words = asked["kind"], asked["words"]
        with self.server.lock, Path(self.server.server_address + ".asked").open("a") as file:
            file.write(json.dumps(words) + "\n")
        while words[0] != "run" and Path(self.server.server_address + ".hangs").exists():
            threading.Event().wait(0.05)
        self.say(exit=getattr(self, f"do_{words[0]}")(words[1:], asked["environment"]))

    def refuse(self, why, code=1):
        self.say(err=f"Error response from daemon: {why}\n" if self.kind == "docker" else f"Error: {why}\n")
        return code

    def find(self, name):
        return self.server.containers.get(name)

    def missing(self, name):
        is_docker = self.kind == "docker"
        return self.refuse(
            f"No such container: {name}" if is_docker else f'no container with name or ID "{name}" found'
        )

    def do_run(self, words, given):
        options, labels, environment = {}, {}, {"PATH": os.environ["PATH"]}
        while words and words[0].startswith("-"):
            word, _, value = words.pop(0).partition("=")
            if not value and word in TAKING_VALUES:
                value = words.pop(0)
            if word == "--label":
                labels.update([value.split("=", 1)])
            elif word == "--env":
                name, has, text = value.partition("=")
                environment[name] = text if has else given.get(name, "")
            options[word] = value
        image, *command = words
        if image not in IMAGES:
            docker = f"docker: Error response from daemon: No such image: {image}\n\nRun 'docker run --help' for more\n"
            self.say(err=docker if self.kind == "docker" else f"Error: {image}: image not known\n")
            return 125
        name = options["--name"]
        if self.find(name):
            return self.refuse(f'Conflict. The container name "/{name}" is already in use', 125)
        try:
            made = self.server.containers[name] = Container(name, command, environment, labels)
        except OSError:
            return self.refuse(f'exec: "{command[0]}": executable file not found in $PATH', 127)
        threading.Thread(target=made.wait, daemon=True).start()
        for line in made.process.stdout:
            self.say(out=line.decode())
        made.over.wait()
        return made.code

    def do_inspect(self, words, _given):
        found = self.find(words[-1])
        if not found:
            self.say(out="\n")
            return self.missing(words[-1])
        self.say(out=f"{found.state} {found.process.pid if found.state != 'exited' else 0}\n")
        return 0

    def do_pause(self, words, _given):
        found = self.find(words[0])
        if not found or found.state != "running":
            return self.refuse(f"Container {words[0]} is not running")
        found.send(signal.SIGSTOP)
        found.state = "paused"
        return 0

    def do_unpause(self, words, _given):
        found = self.find(words[0])
        if not found or found.state != "paused":
            return self.refuse(f"Container {words[0]} is not paused")
        found.send(signal.SIGCONT)
        found.state = "running"
        return 0

    def do_stop(self, words, _given):
        found = self.find(words[-1])
        if not found:
            return self.missing(words[-1])
        if found.state == "paused":
            return self.refuse(f"Container {words[-1]} is paused. Unpause the container before stopping or killing")
        found.send(signal.SIGTERM)
        if not found.over.wait(float(words[1])):
            found.send(signal.SIGKILL)
            found.over.wait()
        return 0

    def do_update(self, words, _given):
        return 0 if self.find(words[-1]) else self.missing(words[-1])

    def do_rm(self, words, _given):
        code = 0
        if (fails := Path(self.server.server_address + ".rm-fails")).exists():
            fails.unlink()
            return self.refuse("cannot remove container, as it could not be stopped")
        for name in words[1:]:
            found = self.server.containers.pop(name, None)
            if not found:
                code = self.missing(name)
                continue
            found.send(signal.SIGKILL)
            found.over.wait()
        return code

    def do_ps(self, words, _given):
        name, _, value = words[words.index("--filter") + 1].removeprefix("label=").partition("=")
        for each in list(self.server.containers.values()):
            if each.labels.get(name) == value:
                self.say(out=f"{each.name}\n")
        return 0


if __name__ == "__main__":
    with Daemon(sys.argv[1]) as server:
        os.write(1, b"ready\n")
        try:
            server.serve_forever()
        finally:
            for container in server.containers.values():
                container.send(signal.SIGKILL)
