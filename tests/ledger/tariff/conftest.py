"""A server of tariffs on this machine, which answers as it is told and remembers what it was asked."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

Answering = Callable[[BaseHTTPRequestHandler], None]


class _Quiet(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Whoever asked may have left."""


class TariffServer:
    """``answers`` are given in order, the last one again and again; each is a function of the request's handler."""

    def __init__(self) -> None:
        self.answers: list[Answering] = []
        self.asked: list[BaseHTTPRequestHandler] = []
        self.gate = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append(self)
                number = min(len(server.asked), len(server.answers)) - 1
                server.answers[number](self)

            def log_message(self, *_: object) -> None:
                """Tests are silent."""

        self._server = _Quiet(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/rates"

    def says(self, body: bytes | str, status: int = 200, **headers: str) -> None:
        """The next answer."""
        data = body.encode() if isinstance(body, str) else body

        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(status)
            for name, value in ({"Content_Length": str(len(data))} | headers).items():
                handler.send_header(name.replace("_", "-"), value)
            handler.end_headers()
            handler.wfile.write(data)

        self.answers.append(answer)

    def close(self) -> None:
        self.gate.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def server() -> Iterator[TariffServer]:
    found = TariffServer()
    yield found
    found.close()
