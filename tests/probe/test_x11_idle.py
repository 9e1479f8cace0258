import os
import secrets
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from netmind_tui.probe.unheard import Unheard
from netmind_tui.probe.x11_idle import X11Idle, authority_of, environment_display


def authority(folder, display, cookie, *, host=None, name=b"MIT-MAGIC-COOKIE-1"):
    """A file with one cookie, as xauth writes it."""
    texts = ((host or socket.gethostname()).encode(), str(display).encode(), name, cookie)
    path = folder / f"authority-{display}"
    path.write_bytes(struct.pack(">H", 256) + b"".join(struct.pack(">H", len(text)) + text for text in texts))
    return path


class Server:
    """A real X server without a screen."""

    def __init__(self, folder, cookie=None):
        reading, writing = os.pipe()
        # Without -noreset it hangs up on everybody when somebody leaves, and an agent of
        # another test may look at each display of the machine.
        command = ["Xvfb", "-displayfd", str(writing), "-nolisten", "tcp", "-noreset", "-screen", "0", "64x48x24"]
        if cookie is not None:
            # It looks cookies up by their data alone.
            command += ["-auth", str(authority(folder, 99, cookie))]
        self.process = subprocess.Popen(
            command, pass_fds=[writing], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        os.close(writing)
        with os.fdopen(reading) as told:
            number = told.readline().strip()
        if not number:
            self.process.wait()
            pytest.skip("Xvfb does not start here")
        self.display = f":{number}"

    def end(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def server(tmp_path):
    if shutil.which("Xvfb") is None:
        pytest.skip("no X server for tests on this machine: install xvfb")
    servers = []

    def start(cookie=None):
        servers.append(Server(tmp_path, cookie))
        return servers[-1]

    yield start
    for each in servers:
        each.end()


class Imposter:
    """Something that listens where a display would, and answers as it is told to."""

    def __init__(self, folder, *answers):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(str(folder / "X7"))
        self.socket.listen()
        self.answers = answers
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        try:
            peer, _ = self.socket.accept()
        except OSError:
            return
        with peer:
            for answer in self.answers:
                peer.recv(4096)
                peer.sendall(answer)
            while peer.recv(4096):
                pass

    def end(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join(5)


@pytest.fixture
def imposter(tmp_path_factory):
    folder = tmp_path_factory.mktemp("x")
    made = []

    def start(*answers, **more):
        made.append(Imposter(folder, *answers))
        return X11Idle(":7", folder=folder, timeout_s=0.05, **more)

    yield start
    for each in made:
        each.end()


def welcome(vendor=b"none"):
    """A server's answer to a greeting: one screen whose root window is 77."""
    fixed = struct.pack("=IIIIHHBB", 1, 0, 0, 0, len(vendor), 65535, 1, 0) + bytes(10)
    body = fixed + vendor + bytes(-len(vendor) % 4) + struct.pack("=I", 77) + bytes(36)
    return struct.pack("=BxHHH", 1, 11, 0, len(body) // 4) + body


def extension(number):
    return struct.pack("=BxHIBB", 1, 1, 0, bool(number), number) + bytes(22)


def info(idle_ms):
    return struct.pack("=BBHIIII", 1, 0, 3, 0, 0, 0, idle_ms) + bytes(12)


def why(display):
    with pytest.raises(Unheard) as outcome:
        display.idle_s()
    return str(outcome.value)


def test_a_real_server_counts_the_time_without_input(server):
    display = X11Idle(server().display)
    first = display.idle_s()
    deadline = time.monotonic() + 10
    while display.idle_s() <= first and time.monotonic() < deadline:
        pass
    assert display.idle_s() > first
    display.close()


def test_a_server_that_wants_a_cookie_gets_the_one_that_is_kept(server, tmp_path):
    cookie = secrets.token_bytes(16)
    started = server(cookie)
    if os.getuid() == 0 or sys.platform == "linux":
        # Xvfb with -auth lets in nobody without it, its own user neither.
        assert "lets nobody in" in why(X11Idle(started.display))
    kept = authority(tmp_path, started.display[1:], cookie)
    display = X11Idle(started.display, kept)
    assert display.idle_s() >= 0
    display.close()


def test_a_server_that_ends_is_told_and_found_again(server):
    now = [0.0]
    started = server()
    display = X11Idle(started.display, clock=lambda: now[0])
    display.idle_s()
    started.end()
    assert f"display {started.display} cannot be asked" in why(display)
    again = server()
    if again.display != started.display:
        pytest.skip("the number of the display was taken meanwhile")
    assert "cannot be asked" in why(display)
    now[0] = 5.0
    assert display.idle_s() >= 0
    display.close()


def test_an_answer_is_read_as_milliseconds(imposter):
    display = imposter(welcome(), extension(0), extension(140), info(90_500))
    assert display.idle_s() == 90.5
    display.close()


def test_xwayland_is_never_asked(imposter):
    assert why(imposter(welcome(), extension(150))) == "the X display :7 is Xwayland, which does not see all input"


def test_a_server_without_the_count_says_so(imposter):
    assert "does not count time without input" in why(imposter(welcome(), extension(0), extension(0)))


def test_a_server_that_hangs_is_not_waited_for(imposter):
    assert why(imposter()) == "the X display :7 does not answer"


@pytest.mark.parametrize("answer", [b"", b"\xff" * 7, struct.pack("=BBHHH", 0, 4, 11, 0, 1) + b"Nope"], ids=repr)
def test_a_server_that_answers_nonsense_or_refuses_is_told(imposter, answer):
    assert why(imposter(answer)) in (
        "the X display :7 does not answer",
        "the X display :7 lets nobody in: nope",
    )


@pytest.mark.parametrize("display", ["", "localhost:10.0", "far.example:0", "wayland-0", ":x"])
def test_only_displays_of_this_machine_are_asked(display):
    assert why(X11Idle(display)) == f"{display} is not a display of this machine"


def test_no_server_says_so(tmp_path):
    assert why(X11Idle(":7", folder=tmp_path)).startswith("the X display :7 cannot be asked: ")


def test_an_authority_file_that_is_cut_off_is_no_trouble(tmp_path, imposter):
    kept = authority(tmp_path, 7, b"x" * 16)
    kept.write_bytes(kept.read_bytes()[:-9])
    display = imposter(welcome(), extension(0), extension(140), info(1000))
    display._authority = kept
    assert display.idle_s() == 1.0
    display.close()


@pytest.mark.parametrize(
    ("environment", "found"),
    [
        ({"DISPLAY": ":0"}, (":0", None)),
        ({"DISPLAY": ":0.0", "HOME": "/home/anna"}, (":0.0", Path("/home/anna/.Xauthority"))),
        ({"DISPLAY": ":1", "XAUTHORITY": "/run/cookies"}, (":1", Path("/run/cookies"))),
        ({"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}, None),
        ({"DISPLAY": ":0", "XDG_SESSION_TYPE": "wayland"}, None),
        ({"DISPLAY": "localhost:10.0"}, None),
        ({}, None),
    ],
    ids=str,
)
def test_the_display_of_an_environment_is_one_that_sees_all_input(environment, found):
    assert environment_display(environment) == found


def test_cookies_are_looked_for_at_home():
    assert authority_of({"HOME": "/home/anna"}) == Path("/home/anna/.Xauthority")
    assert authority_of({}) is None
