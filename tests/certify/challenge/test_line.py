"""What a node says of a challenger that is gone, slow, or nonsense; on real sockets."""

import json
import socket
import threading
from contextlib import ExitStack, suppress

import pytest

from netmind_tui.certify.challenge.line import Gone, Line, TurnedAway
from netmind_tui.model.place import read_url


@pytest.fixture
def fake():
    """A server that says what it is told, to everybody: ``fake(b"…")``; with ``None`` it says nothing."""
    with ExitStack() as stack:

        def start(answer, pieces=False):
            front = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            stop = threading.Event()

            def serve():
                with suppress(OSError):
                    while True:
                        line, _ = front.accept()
                        with line, suppress(OSError):
                            line.recv(65536)
                            if answer is None:
                                stop.wait(30)
                            elif pieces:
                                for byte in answer:
                                    line.sendall(bytes([byte]))
                                    if stop.wait(0.02):
                                        break
                            else:
                                line.sendall(answer)

            thread = threading.Thread(target=serve, daemon=True)
            thread.start()
            stack.callback(lambda: (stop.set(), front.shutdown(socket.SHUT_RDWR), thread.join(30)))
            return Line(read_url(f"http://127.0.0.1:{front.getsockname()[1]}"), patience_s=0.5)

        yield start


def test_nobody_there():
    with socket.create_server(("127.0.0.1", 0)) as front:
        port = front.getsockname()[1]
    with pytest.raises(Gone, match="nobody answers at"):
        Line(read_url(f"http://127.0.0.1:{port}")).ask("/v1/challenger")


def test_one_that_never_answers(fake):
    with pytest.raises(Gone, match=r"did not answer within 0\.5 s"):
        fake(None).ask("/v1/challenger")


def test_one_that_answers_a_byte_at_a_time(fake):
    """Each byte is in time, and all of them are not."""
    with pytest.raises(Gone, match=r"did not answer within 0\.5 s"):
        fake(b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n" + b"a" * 9000, pieces=True).ask("/v1/challenger")


def test_one_that_drips_after_it_said_that_it_closes(fake):
    """As every answer of a challenger does; whoever reads it then has nothing but the socket."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\nConnection: close\r\n\r\n"
    with pytest.raises(Gone, match=r"did not answer within 0\.5 s"):
        fake(head + b"a" * 9000, pieces=True).ask("/v1/challenger")


def test_less_time_than_the_patience_can_be_given(fake):
    with pytest.raises(Gone, match=r"did not answer within 0\.1 s"):
        fake(None).ask("/v1/challenger", within_s=0.1)


def test_a_name_that_nobody_answers_for_is_not_waited_for(monkeypatch):
    """No timeout of a socket ends the look-up of a name."""
    stop = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_arguments, **_options: stop.wait(30) and [])
    with pytest.raises(Gone, match=r"did not answer within 0\.2 s"):
        Line(read_url("http://localhost:9"), patience_s=0.2).ask("/v1/challenger")
    stop.set()


def test_of_several_addresses_the_first_that_answers_is_taken(fake, monkeypatch):
    body = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi"
    line = fake(body)
    with socket.create_server(("127.0.0.1", 0)) as front:
        nobody = front.getsockname()
    there = ("127.0.0.1", line.place.port)
    kind = (socket.AF_INET, socket.SOCK_STREAM, 0, "")
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_arguments, **_options: [(*kind, nobody), (*kind, there)])
    assert line.ask("/v1/challenger") == b"hi"


def test_no_thread_is_left_behind_by_one_that_drips(fake):
    line = fake(b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n" + b"a" * 9000, pieces=True)
    for _ in range(3):
        with pytest.raises(Gone):
            line.ask("/v1/challenger", within_s=0.1)
    for thread in threading.enumerate():
        if thread.name == "challenger":
            thread.join(30)
            assert not thread.is_alive()


def test_one_that_answers_without_end(fake):
    with pytest.raises(Gone, match="answers with more than 64 KiB"):
        fake(b"HTTP/1.1 200 OK\r\n\r\n" + b"a" * 200_000).ask("/v1/challenger")


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH_9.6\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\na"])
def test_one_that_does_not_speak_http(fake, answer):
    with pytest.raises(Gone, match="broke off, or does not speak HTTP"):
        fake(answer).ask("/v1/challenger")


def test_one_that_refuses_says_why_and_nothing_that_moves_a_terminal(fake):
    body = json.dumps({"refused": "no\u001b[2J"}).encode()
    head = f"HTTP/1.1 503 Busy\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with pytest.raises(TurnedAway) as caught:
        fake(head + body).ask("/v1/challenger")
    assert caught.value.busy
    assert caught.value.sentence.endswith(r"refuses: no\u001b[2J")


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"[" * 100_000, b'{"refused":1}'])
def test_one_that_refuses_without_words(fake, body):
    head = f"HTTP/1.1 500 Oh\r\nContent-Length: {min(len(body), 60000)}\r\n\r\n".encode()
    with pytest.raises(TurnedAway, match="HTTP 500"):
        fake(head + body[:60000]).ask("/v1/challenger")
