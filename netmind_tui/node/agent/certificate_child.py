"""A child process that reads the newest certificate for the agent, which so keeps what reads signatures out of itself.

Prints one line of JSON: the certificate with the digest of its file, or nothing where there is none.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from netmind_tui.model.certificate import Certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class Newest:
    """The newest certificate of a shelf, and the SHA-256 of its file."""

    sha256: str
    path: str
    certificate: Certificate


def newest(folder: Path) -> Newest | None:
    """The newest certificate that lies there and can be read.

    Raises:
        Problem: the folder cannot be read.
    """
    # Imported here: whoever only wants to know the form of the answer does without what reads signatures.
    from netmind_tui.certify.canonical import sha256  # noqa: PLC0415 - see above
    from netmind_tui.certify.shelf import list_certificates  # noqa: PLC0415 - see above

    kept = list_certificates(folder).kept
    if not kept:
        return None
    return Newest(sha256=sha256(kept[0].data), path=str(kept[0].path), certificate=kept[0].certificate)


def _main() -> int:
    from netmind_tui.document import encode  # noqa: PLC0415 - see above
    from netmind_tui.model.problem import Problem  # noqa: PLC0415 - see above

    try:
        found = newest(Path(sys.argv[1]))
    except Problem as problem:
        raise SystemExit(problem.sentence) from None  # the agent reads it from stderr
    if found is not None:
        sys.stdout.buffer.write(encode(found) + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(_main())
