"""Private keys under a passphrase: PKCS #8 with scrypt and AES-256, which ``openssl pkey`` opens, too.

The work that guessing costs is that of OWASP's recommendation for scrypt (N = 2^14, r = 8, p = 5: 16 MiB, a third of a
second); more memory at once is beyond what OpenSSL reads without being told to. RFC 8018 §6.2 and §A.2, RFC 7914 §7.
"""

import base64
import binascii
import hashlib
import os
import re
import unicodedata

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

LEAST_SIGNS = 8
"""A passphrase shorter than this is refused."""

_N, _R, _P = 1 << 14, 8, 5
_SALT, _IV, _KEY, _BLOCK = 16, 16, 32, 16
_MOST_MEMORY = 64 << 20
_PBES2, _SCRYPT, _AES = "1.2.840.113549.1.5.13", "1.3.6.1.4.1.11591.4.11", "2.16.840.1.101.3.4.1.42"
_SEQUENCE, _INTEGER, _OCTETS, _OBJECT = 0x30, 0x02, 0x04, 0x06
_PLAIN = re.compile(rb"-----BEGIN PRIVATE KEY-----\n([A-Za-z0-9+/=\n]+)-----END PRIVATE KEY-----\n")
_LOCKED = re.compile(
    rb"-----BEGIN ENCRYPTED PRIVATE KEY-----\n([A-Za-z0-9+/=\n]+)-----END ENCRYPTED PRIVATE KEY-----\n"
)


class Wrong(Exception):  # noqa: N818 - it is what was typed
    """The passphrase does not open the key."""


def check_passphrase(passphrase: str, where: str) -> str:
    """A passphrase that is long enough.

    Raises:
        Problem: it is not.
    """
    if len(passphrase) < LEAST_SIGNS:
        raise Problem(f"{where}: a passphrase of at least {LEAST_SIGNS} signs is expected", ExitCode.USAGE)
    return passphrase


def locked(pem: bytes, passphrase: str) -> bytes:
    """A key's file under a passphrase; what stands before the key stays readable.

    Raises:
        ValueError: it holds no unlocked key.
    """
    found = _PLAIN.search(pem)
    if found is None:
        raise ValueError("no key that is unlocked")
    salt, iv = os.urandom(_SALT), os.urandom(_IV)
    cipher = _encrypted(base64.b64decode(found[1]), _stretched(passphrase, salt), iv)
    body = _header(salt, iv, cipher)
    return pem[: found.start()] + _armoured(body, b"ENCRYPTED PRIVATE KEY") + pem[found.end() :]


def unlocked(pem: bytes, passphrase: str) -> bytes:
    """The reverse of ``locked``, byte for byte.

    Raises:
        Wrong: it is another passphrase, or the key was changed.
        ValueError: it is no key of this shape: no other is tried, whose work a stranger chose.
    """
    found = _LOCKED.search(pem)
    try:
        body = base64.b64decode(found[1] if found else b"", validate=False)
    except binascii.Error as error:
        raise ValueError("no key that is locked as here") from error
    salt, iv, cipher = _parts(body)
    if found is None or not cipher or len(cipher) % _BLOCK or _header(salt, iv, cipher) != body:
        raise ValueError("no key that is locked as here")
    plain = _decrypted(cipher, _stretched(passphrase, salt), iv)
    return pem[: found.start()] + _armoured(plain, b"PRIVATE KEY") + pem[found.end() :]


def _stretched(passphrase: str, salt: bytes) -> bytes:
    # The same signs typed on another system are the same passphrase.
    typed = unicodedata.normalize("NFC", passphrase).encode("utf-8", "surrogateescape")
    return hashlib.scrypt(typed, salt=salt, n=_N, r=_R, p=_P, maxmem=_MOST_MEMORY, dklen=_KEY)


def _encrypted(plain: bytes, key: bytes, iv: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes  # noqa: PLC0415 - 40 ms, seldom

    padding = _BLOCK - len(plain) % _BLOCK
    encryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    return encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()


def _decrypted(cipher: bytes, key: bytes, iv: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes  # noqa: PLC0415 - see above

    decryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
    plain = decryptor.update(cipher) + decryptor.finalize()
    padding = plain[-1]
    if not 1 <= padding <= _BLOCK or plain[-padding:] != bytes([padding]) * padding or plain[:1] != bytes([_SEQUENCE]):
        raise Wrong
    return plain[:-padding]


# How ASN.1 writes it (DER): a tag, a length, the rest.


def _header(salt: bytes, iv: bytes, cipher: bytes) -> bytes:
    work = _whole(_OCTETS, salt) + b"".join(_number(each) for each in (_N, _R, _P, _KEY))
    derivation = _whole(_SEQUENCE, _name(_SCRYPT) + _whole(_SEQUENCE, work))
    encryption = _whole(_SEQUENCE, _name(_AES) + _whole(_OCTETS, iv))
    scheme = _whole(_SEQUENCE, _name(_PBES2) + _whole(_SEQUENCE, derivation + encryption))
    return _whole(_SEQUENCE, scheme + _whole(_OCTETS, cipher))


def _parts(body: bytes) -> tuple[bytes, bytes, bytes]:
    """Salt, vector and cipher, found where they lie beside marks; whoever asks writes it again and compares."""
    salt_at = body.find(_name(_SCRYPT)) + len(_name(_SCRYPT)) + 4
    iv_at = body.find(_name(_AES)) + len(_name(_AES)) + 2
    rest = body[iv_at + _IV :]
    long = rest[1] & 0x7F if len(rest) > 1 and rest[1] & 0x80 else 0
    return body[salt_at : salt_at + _SALT], body[iv_at : iv_at + _IV], rest[2 + long :]


def _whole(tag: int, body: bytes) -> bytes:
    if len(body) < 1 << 7:
        return bytes([tag, len(body)]) + body
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + body


def _number(value: int) -> bytes:
    return _whole(_INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _name(dotted: str) -> bytes:
    first, second, *rest = (int(each) for each in dotted.split("."))
    body = bytearray([first * 40 + second])
    for value in rest:
        digits = [value & 0x7F]
        while value := value >> 7:
            digits.append(0x80 | value & 0x7F)
        body += bytes(reversed(digits))
    return _whole(_OBJECT, bytes(body))


def _armoured(body: bytes, name: bytes) -> bytes:
    text = base64.b64encode(body)
    lines = b"".join(text[each : each + 64] + b"\n" for each in range(0, len(text), 64))
    return b"-----BEGIN " + name + b"-----\n" + lines + b"-----END " + name + b"-----\n"
