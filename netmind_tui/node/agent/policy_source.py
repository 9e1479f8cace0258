"""The owner's policy file for the agent: read as it is, and replaced by a text that is in order."""

from pathlib import Path

from netmind_tui.model.policy import PolicyDocument
from netmind_tui.node.policy.file import read_source
from netmind_tui.paths import policy_path


def read_terms(path: Path) -> PolicyDocument:
    """The policy with that file, or what holds without it.

    Raises:
        Problem: the file cannot be in force.
    """
    return read_source(path).document


def put_terms(text: str) -> None:
    """Check a text and put it in the policy file's place.

    Raises:
        Problem: it is not in order, or the file cannot be written.
    """
    from netmind_tui.node.policy.write import write_policy  # noqa: PLC0415 - tomlkit, which only a change needs

    write_policy(policy_path(), text.encode())
