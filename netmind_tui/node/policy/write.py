"""Putting a policy in its file: checked before, whole or not at all, and never over what somebody wrote meanwhile."""

from pathlib import Path

from netmind_tui.node.policy.file import PolicySource, read_bytes, source_of


def write_policy(path: Path, data: bytes) -> PolicySource:
    """Check a policy and put it in the file's place; what it is then.

    Raises:
        PolicyProblem: something in it cannot be; the file is as it was.
        Problem: see ``write``.
    """
    before = PolicySource(path=path, data=read_bytes(path))
    after = source_of(path, data)
    write(before, after)
    return after


def write(before: PolicySource, after: PolicySource) -> None:
    """Put a policy in the place of the one that was read: atomically, for its owner's eyes alone where it is new.

    Raises:
        Problem: the file was changed meanwhile, or cannot be written; what was there is untouched.
    """
    if after.data == before.data:
        return
    from netmind_tui.config import Source  # noqa: PLC0415 - only what writes needs it
    from netmind_tui.config.edit import write as write_source  # noqa: PLC0415 - see above

    write_source(Source(path=before.path, data=before.data), Source(path=after.path, data=after.data))
