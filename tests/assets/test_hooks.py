"""The recipes of ``assets/hooks.md`` do what they say: each is run by the agent's own hooks, against a server here."""

import asyncio
import json
import os
import re
import sys
import threading
import tomllib
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from netmind_tui.config.check import faults
from netmind_tui.model.event import Event, EventKind
from netmind_tui.node import hook
from netmind_tui.node.hook import Hooks

TEXT = (Path(__file__).parents[2] / "assets/hooks.md").read_text()
RECIPES = dict(zip(("ntfy", "chat", "mail"), re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL), strict=True))
LOST = Event(
    id=7,
    at="2026-11-27T18:00:00.000Z",
    kind=EventKind.DEVICE_LOST,
    device="gpu:0",
    sentence="gpu:0 fell off the bus – Xid 79",
    data={"xid": 79},
)


@pytest.fixture
def server():
    """A web server of its own on a free port, and what it was sent."""
    got: list[tuple[str, dict[str, str], bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append((self.path, dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_words: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}/my-machine", got
        listening.shutdown()
        thread.join()


def run(folder: Path, recipe: str, *words: str) -> list[str]:
    """Run a recipe as the agent does; what failed."""
    program = folder / f"netmind-{recipe}"
    program.write_text(RECIPES[recipe])
    told: list[str] = []

    async def hear() -> None:
        # The interpreter by its path: the one of these tests may not be python3 on the PATH.
        hooks = Hooks(
            {"device-lost": (sys.executable, str(program), *words)},
            lambda _kind, sentence, *, device, data: told.append(f"{sentence} {device} {data}"),
            environment={"PATH": os.environ["PATH"], "HOME": str(folder)},
        )
        hooks.take(LOST)
        await hooks.idle()

    asyncio.run(hear())
    return told


def test_ntfy_gets_the_sentence_as_an_urgent_message(tmp_path, server):
    url, got = server
    assert run(tmp_path, "ntfy", url) == []
    ((path, headers, body),) = got
    assert (path, body.decode()) == ("/my-machine", LOST.sentence)
    assert (headers["Title"], headers["Priority"]) == ("netmind: device-lost", "high")


@pytest.mark.parametrize("field", ["text", "content"])
def test_a_chat_gets_its_field(tmp_path, server, field):
    url, got = server
    assert run(tmp_path, "chat", url, *([] if field == "text" else [field])) == []
    assert json.loads(got[0][2]) == {field: f"gpu:0: {LOST.sentence}"}


def test_mail_is_handed_to_sendmail(tmp_path):
    sendmail = tmp_path / "sendmail"
    sendmail.write_text('#!/bin/sh\necho "$@" > words\ncat > mail\n')
    sendmail.chmod(0o755)
    assert run(tmp_path, "mail", "ana@example.org", str(sendmail)) == []
    assert (tmp_path / "words").read_text() == "-t -oi\n"
    mail = (tmp_path / "mail").read_text()
    assert "To: ana@example.org" in mail
    assert "Subject: netmind: device-lost gpu:0" in mail


def test_a_server_that_is_gone_is_told(tmp_path):
    (sentence,) = run(tmp_path, "ntfy", "http://127.0.0.1:9/none")
    assert "the hook for device-lost failed: it ended with 1" in sentence
    assert "refused" in sentence


def test_the_example_is_a_configuration_and_the_limits_are_those_of_the_program():
    (example,) = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    assert list(faults(tomllib.loads(example))) == []
    assert f"{hook.LIMIT_S:.0f} s; then" in TEXT
    assert f"{hook.A_MINUTE} times a minute" in TEXT
    assert f"last {hook._OUTPUT_BYTES} bytes" in TEXT
    assert f"`{' '.join(hook._PASSED)}`" in TEXT
