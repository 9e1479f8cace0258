"""The certificate and key with which a challenger speaks TLS, and a sentence for each way in which they are none."""

import os
import ssl
import stat
from pathlib import Path

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

_OTHERS = 0o007
_REASONS = {
    "KEY_VALUES_MISMATCH": "the key is not that of the certificate",
    "EE_KEY_TOO_SMALL": "the certificate's key is too short to be believed",
    "CA_MD_TOO_WEAK": "the certificate is signed with a digest that nobody believes any more",
}


def tls_of(certificate: Path, key: Path) -> ssl.SSLContext:
    """What a challenger greets with.

    Raises:
        Problem: a file cannot be read or is none of these, the key is another certificate's, or others can read it.
    """
    for path in (certificate, key):
        _check_readable(path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except ssl.SSLError as error:
        why = _REASONS.get(error.reason or "", "no certificate with its key in PEM")
        raise Problem(f"--tls {certificate} {key}: {why}", ExitCode.USAGE) from None
    except (OSError, ValueError) as error:
        words = f"--tls: cannot read {certificate} and {key}: {str(error).lower()}"
        raise Problem(words, ExitCode.USAGE) from None
    _check_private(key)
    return context


def _check_readable(path: Path) -> None:
    try:
        with path.open("rb") as file:
            file.read(1)
    except OSError as error:
        words = f"--tls: cannot read {path}: {(error.strerror or str(error)).lower()}"
        raise Problem(words, ExitCode.USAGE) from error


def _check_private(key: Path) -> None:
    """Refuse a key that everybody on this machine can read; a group may share one."""
    if os.name != "posix":
        return
    mode = stat.S_IMODE(key.stat().st_mode)
    if mode & _OTHERS:
        words = f"--tls {key}: everybody on this machine can read the key (mode {mode:03o}): chmod o= {key}"
        raise Problem(words, ExitCode.USAGE)


def _no_password() -> str:
    raise ValueError("the key is locked with a password")
