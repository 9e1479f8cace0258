"""The keys that an action may be given, by the names that the terminal library has for them."""

from netmind_tui.model.problem import nearest

_MODIFIERS = ("ctrl", "shift", "alt")
_NAMED = (
    *("up", "down", "left", "right", "home", "end", "pageup", "pagedown", "insert", "delete", "backspace", "tab"),
    *("enter", "escape", "esc", "space", "plus", "minus", "comma", "slash", "colon"),
    *(f"f{number}" for number in range(1, 25)),
)


def key_fault(text: str) -> str | None:
    """Why a word is no key: ``b``, ``?``, ``F5`` is none, ``f5``, ``ctrl+b`` and ``shift+tab`` are."""
    if len(text) == 1:
        return None
    *modifiers, key = text.split("+")
    for modifier in modifiers:
        if modifier not in _MODIFIERS:
            return f"{modifier!r} goes before no key; {nearest(modifier, list(_MODIFIERS))}"
    if (len(key) == 1 and key.isprintable()) or key in _NAMED or _has_name(key):
        return None
    return f"{key!r} is no key; {nearest(key, list(_NAMED))}"


def _has_name(key: str) -> bool:
    """Whether a sign is called that: ``exclamation_mark``."""
    import unicodedata  # noqa: PLC0415 - only a file with such a key needs it

    try:
        unicodedata.lookup(key.replace("_", " "))
    except KeyError:
        return False
    return key == key.lower()
