"""A child process that tells the node's id, which is its public key; where it has no key yet, one is made.

The agent so keeps what reads keys out of itself.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path


def _main() -> int:
    from netmind_tui.certify.identity import Identity  # noqa: PLC0415 - 60 ms, and whoever imports this needs a name
    from netmind_tui.certify.moment import written  # noqa: PLC0415 - see above
    from netmind_tui.model.problem import Problem  # noqa: PLC0415 - see above

    try:
        public = Identity(Path(sys.argv[1])).public(written(datetime.now(UTC)))
    except Problem as problem:
        raise SystemExit(problem.sentence) from None  # the agent reads it from stderr
    sys.stdout.buffer.write(public.encode() + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(_main())
