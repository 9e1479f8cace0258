"""``assets/policy.md`` is a reference: every key stands there, and every example is a policy."""

import re
from pathlib import Path

import pytest

from netmind_tui.cli.schedule_view import guard_words
from netmind_tui.model.policy import GuardKind
from netmind_tui.node.policy import guard as policy_guard
from netmind_tui.node.policy import parse as policy_parse
from netmind_tui.node.policy.file import source_of

TEXT = (Path(__file__).parents[2] / "assets/policy.md").read_text()
EXAMPLES = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
WINDOW = '[[window]]\ndays = "daily"\nfrom = "20:00"\nto = "08:00"\n'
PARTS = (policy_parse._PROFILE, policy_parse._WINDOW, policy_parse._EXCEPTION, policy_parse._HOLIDAY)
GUARD_KEYS = {key for kind in policy_guard.KINDS.values() for key in kind.keys} | set(policy_guard._COMMON)
KEYS = {"zone", "lead", *(key for part in PARTS for key in part), *GUARD_KEYS}


def _policy(example: str):
    return source_of(Path("policy.md"), (example if "[[window]]" in example else WINDOW + example).encode())


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_every_example_is_a_policy_that_nobody_doubts(number):
    assert _policy(EXAMPLES[number]).doubts == ()


@pytest.mark.parametrize("key", sorted(KEYS))
def test_every_key_is_explained_in_a_table(key):
    assert any(line.startswith("|") and f"`{key}`" in line.split("|")[1] for line in TEXT.splitlines())


@pytest.mark.parametrize("key", sorted(KEYS))
def test_every_key_stands_in_an_example(key):
    assert any(re.search(rf"^{key} = ", example, re.MULTILINE) for example in EXAMPLES)


def test_every_guard_is_shown_in_the_words_of_the_command():
    (example,) = (each for each in EXAMPLES if each.count("[guard.") > 3)
    guards = _policy(example).policy.guards
    assert {guard.kind for guard in guards} == set(GuardKind)
    for guard in guards:
        assert f"| `{guard.kind}` | {guard_words(guard)} |" in TEXT
