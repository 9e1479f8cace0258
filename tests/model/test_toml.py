"""TOML that anybody may have written costs no more than it is long."""

import tomllib

import pytest

from netmind_tui.model.toml import load

DOTS = "x." * 5000 + "x"


@pytest.mark.parametrize(
    "text",
    [
        f"{DOTS} = 1",
        f"[{DOTS}]",
        f"a = {{ {DOTS} = 1 }}",
        '"x" . ' * 50 + "x = 1",
        "a = [1, {" + "'.'." * 50 + "b = 1}]",
    ],
)
def test_a_key_of_very_many_parts_is_not_read(text):
    with pytest.raises(RecursionError):
        load(text)


@pytest.mark.parametrize(
    "text",
    [
        "a = [" + "1.5, " * 100 + "]",
        f'a = "{DOTS}"',
        f"a = '{DOTS}'  # {DOTS}",
        f"# {'.' * 100}\na.b.c = 1",
        'a = "\\"' + "." * 100 + '"',
        'a = ["10.0.0.1", ' + '"10.0.0.1", ' * 100 + "]",
    ],
)
def test_everything_else_is_read_as_it_is(text):
    assert load(text) == tomllib.loads(text)
