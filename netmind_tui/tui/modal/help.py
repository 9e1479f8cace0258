"""Every key and what it does, from the one registry: with the owner's own keys, searchable, and never cut."""

from netmind_tui.tui.action import ACTIONS, SHOWN, Keymap
from netmind_tui.tui.action_base import Action
from netmind_tui.tui.modal.finder import Entry, Finder
from netmind_tui.tui.state import TITLES

_EVERYWHERE = "Everywhere"


def entries(keymap: Keymap, screen: str, *, read_only: bool) -> list[Entry]:
    """What can be done: on this screen, everywhere, and on the others; if read-only, nothing that changes anything."""
    offered = [action for action in ACTIONS if not (read_only and action.changes)]
    here = [action for action in offered if screen in action.screens]
    everywhere = [action for action in offered if not action.screens]
    elsewhere = sorted(
        (action for action in offered if action.screens and screen not in action.screens),
        key=lambda action: list(TITLES).index(action.screens[0]) if action.screens[0] in TITLES else len(TITLES),
    )
    return [
        *(_entry(action, keymap, f"Here, on {TITLES[screen]}", action.id) for action in here),
        *(_entry(action, keymap, _EVERYWHERE, action.id) for action in everywhere),
        *(_entry(action, keymap, _names(action), f"go {action.screens[0]}") for action in elsewhere),
    ]


def signs(keymap: Keymap, action: Action) -> tuple[str, ...]:
    """The keys of an action as people read them."""
    return tuple(SHOWN.get(key, key) for key in keymap.keys[action.id])


class Help(Finder):
    """What can be done, and with which key."""

    def __init__(self, keymap: Keymap, screen: str, *, read_only: bool) -> None:
        found = entries(keymap, screen, read_only=read_only)
        super().__init__("help", "type a key or a word", found)


def _entry(action: Action, keymap: Keymap, group: str, wish: str) -> Entry:
    return Entry(wish=wish, title=action.title, about=action.help, keys=signs(keymap, action), group=group)


def _names(action: Action) -> str:
    return ", ".join(TITLES.get(screen, screen) for screen in action.screens)
