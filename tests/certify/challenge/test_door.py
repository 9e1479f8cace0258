"""The front door: a place from the first packet on, and never more of them than there are files."""

import asyncio
import errno
import socket
import ssl
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from netmind_tui.certify.challenge import door
from netmind_tui.certify.challenge.door import Door, places
from netmind_tui.certify.challenge.limit import Bounds
from netmind_tui.certify.challenge.told import Trouble

resource = pytest.importorskip("resource")


class Heard:
    def __init__(self) -> None:
        self.warnings = []

    def warn(self, sentence):
        self.warnings.append(sentence)


class Greeted(asyncio.Protocol):
    """Says that somebody was greeted, and nothing else."""

    def __init__(self, gone) -> None:
        self.gone = gone

    def connection_made(self, transport):
        self.transport = transport
        transport.write(b"+")

    def connection_lost(self, _exc):
        self.gone()


@pytest.fixture(scope="module")
def server_tls(tmp_path_factory):
    """What a server greets with; nobody here looks at its certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    begin = datetime(2026, 11, 22, tzinfo=UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(begin).not_valid_after(begin + timedelta(days=1))
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM) + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


async def met(line):
    """Whether a connection is greeted, rather than cut."""
    return await asyncio.get_running_loop().sock_recv(line, 1) == b"+"


@pytest.fixture
def scenario(made):
    """Run a coroutine beside a door with two places: ``scenario(lambda come, heard: …)``; ``come()`` connects."""

    def scenario(action, tls=None, change=lambda _loop: None):
        async def run():
            heard = Heard()
            loop = asyncio.get_running_loop()
            change(loop)
            with ExitStack() as stack:
                front = stack.enter_context(socket.create_server(("127.0.0.1", 0)))

                async def come():
                    line = stack.enter_context(socket.socket())
                    line.setblocking(False)
                    await loop.sock_connect(line, front.getsockname())
                    return line

                greeted = []

                def greet(gone):
                    greeted.append(Greeted(gone))
                    return greeted[-1]

                opened = Door(front, tls, greet, Bounds(connections=8, greet_s=0.2), Trouble(heard, made.HeldClock()))
                opened._most = 2
                try:
                    return await action(come, heard)
                finally:
                    opened.close()
                    for each in greeted:
                        if hasattr(each, "transport"):
                            each.transport.abort()
                    await asyncio.sleep(0.01)

        return asyncio.run(run())

    return scenario


def test_what_comes_when_all_places_are_taken_is_cut(scenario):
    async def action(come, _heard):
        lines = [await come() for _ in range(3)]
        return [await met(line) for line in lines]

    assert scenario(action) == [True, True, False]


def test_a_place_is_free_again_when_its_connection_is_over(scenario):
    async def action(come, _heard):
        for _ in range(20):
            line = await come()
            assert await met(line)
            line.close()
            await asyncio.sleep(0.01)
        return True

    assert scenario(action)


def test_whoever_says_nothing_to_tls_has_a_place_too_until_the_handshake_is_late(scenario, server_tls):
    """Before the handshake there is no request that could be counted, and half a megabyte of buffers."""

    async def action(come, _heard):
        loop = asyncio.get_running_loop()
        silent = [await come() for _ in range(2)]
        third = await come()
        assert await loop.sock_recv(third, 1) == b""  # at once
        assert [await loop.sock_recv(line, 1) for line in silent] == [b"", b""]  # when it is late
        trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        reader, writer = await asyncio.open_connection(sock=await come(), ssl=trusting, server_hostname="localhost")
        found = await reader.read(1)
        writer.close()
        return found

    assert scenario(action, server_tls) == b"+"


def test_where_the_system_has_no_more_files_it_is_said_once_and_tried_again(scenario, monkeypatch):
    monkeypatch.setattr(door, "_AGAIN_S", 0)
    failures = iter([errno.EMFILE] * 3 + [errno.ECONNABORTED])

    def change(loop):
        accept = loop.sock_accept

        async def failing(listening):
            number = next(failures, None)
            if number is not None:
                raise OSError(number, "Too many open files")
            return await accept(listening)

        loop.sock_accept = failing

    async def action(come, heard):
        assert await met(await come())
        return heard.warnings

    assert scenario(action, change=change) == ["no connection can be taken: too many open files; trying again"]


@pytest.mark.parametrize(
    ("files", "wanted", "found"),
    [(1024, 256, 256), (128, 256, 64), (64, 256, 8), (resource.RLIM_INFINITY, 256, 256)],
)
def test_there_are_fewer_places_than_files(monkeypatch, files, wanted, found):
    monkeypatch.setattr(resource, "getrlimit", lambda _which: (files, files))
    assert places(wanted) == found
