"""Everything that can be done from the keyboard: one list feeds keys, footer, help and command palette."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from netmind_tui.tui.action_base import Action
from netmind_tui.tui.action_device import DEVICE_ACTIONS
from netmind_tui.tui.action_schedule import SCHEDULE_ACTIONS, by_letter

ACTIONS: tuple[Action, ...] = (
    Action(id="go overview", keys=("1",), title="Overview", help="What runs now, what happened, and what needs you."),
    Action(id="go devices", keys=("2",), title="Devices", help="Everything known about one device."),
    Action(id="go bench", keys=("3",), title="Bench", help="Measure what the devices really do."),
    Action(id="go schedule", keys=("4",), title="Schedule", help="When the machine may work for others."),
    Action(id="go earnings", keys=("5",), title="Earnings", help="What that brings, after electricity."),
    Action(id="go cert", keys=("6",), title="Cert", help="The certificate that others can check."),
    Action(id="go activity", keys=("7",), title="Activity", help="Everything that happened."),
    Action(id="go settings", keys=("comma",), title="Settings", help="Every setting, and where it comes from."),
    Action(
        id="pause",
        keys=("p",),
        title="Pause…",
        help="Give nothing to others for a while.",
        changes=True,
        needs_agent=True,
        footer="pause…",
    ),
    Action(
        id="resume",
        keys=("r",),
        title="Resume",
        help="Take your word back: the schedule decides again.",
        changes=True,
        needs_agent=True,
        footer="resume",
    ),
    Action(
        id="finish",
        keys=("f",),
        title="Finish",
        help="End what runs, then give nothing more.",
        changes=True,
        needs_agent=True,
        footer="finish",
    ),
    Action(
        id="stop",
        keys=("exclamation_mark",),
        title="Stop now",
        help="Take the machine back at once.",
        changes=True,
        needs_agent=True,
        footer="stop now",
    ),
    Action(
        id="give back",
        keys=("k",),
        title="Give back…",
        help="Kill what runs on the device under the cursor and free its memory, after a question.",
        screens=("overview",),
        changes=True,
    ),
    Action(
        id="exclude",
        keys=("x",),
        title="Exclude",
        help="Pause the device under the cursor until you resume.",
        screens=("overview", "devices"),
        changes=True,
        needs_agent=True,
    ),
    Action(id="next box", keys=("tab",), title="Next box", help="Move to the next box of the screen."),
    Action(id="box before", keys=("shift+tab",), title="Box before", help="Move to the box before."),
    Action(id="down", keys=("down", "j"), title="Down", help="The next row of the box."),
    Action(id="up", keys=("up", "k"), title="Up", help="The row before."),
    Action(id="page down", keys=("pagedown",), title="Page down", help="As many rows on as are shown."),
    Action(id="page up", keys=("pageup",), title="Page up", help="As many rows back."),
    Action(id="first", keys=("home",), title="First", help="The first row of the box."),
    Action(id="last", keys=("end",), title="Last", help="The last row; a log goes on from there."),
    Action(id="enter", keys=("enter",), title="Open", help="Open what the cursor is on."),
    Action(id="back", keys=("escape",), title="Back", help="Leave what was opened; stop what runs, after asking."),
    *DEVICE_ACTIONS,
    *SCHEDULE_ACTIONS,
    Action(
        id="bench start",
        keys=("b",),
        title="Measure",
        help="Start the chosen suite on the chosen devices; a new one after a result.",
        screens=("bench",),
        changes=True,
        footer="measure",
    ),
    Action(
        id="bench toggle",
        keys=("space",),
        title="Choose device",
        help="Measure the device under the cursor, or leave it out.",
        screens=("bench",),
    ),
    Action(
        id="bench skip",
        keys=("n",),
        title="Skip kernel",
        help="Leave out the kernel that is being measured, and go on with the next.",
        screens=("bench",),
        changes=True,
        footer="skip kernel",
    ),
    Action(
        id="bench device",
        keys=("d",),
        title="Next device",
        help="Of several devices, look at the slowest or at each by itself.",
        screens=("bench",),
        footer="device",
    ),
    Action(
        id="bench verified",
        keys=("v",),
        title="How verified",
        help="Tell how a kernel's result was checked, and how far off it was.",
        screens=("bench",),
        footer="how verified",
    ),
    Action(
        id="bench roofline",
        keys=("o",),
        title="Roofline",
        help="Draw rates over operations per byte, under the roofs of memory and arithmetic.",
        screens=("bench",),
        footer="roofline",
    ),
    Action(
        id="bench history",
        keys=("h",),
        title="Kept runs",
        help="The runs that were kept, newest first.",
        screens=("bench",),
        footer="history",
    ),
    Action(
        id="bench mark",
        keys=("c",),
        title="Compare",
        help="Mark a kept run; two marked runs are compared.",
        screens=("bench",),
        footer="compare",
    ),
    Action(
        id="certify",
        keys=("c",),
        title="Certify",
        help="Sign what was measured here, or measure first; asks before it does.",
        screens=("cert", "overview"),
        changes=True,
        footer="certify",
    ),
    Action(
        id="cert history",
        keys=("h",),
        title="Certificates",
        help="The certificates that were made, newest first.",
        screens=("cert",),
        footer="history",
    ),
    Action(
        id="validate",
        keys=("v",),
        title="Validate",
        help="Hold this machine against a profile of requirements.",
        screens=("cert",),
        footer="validate",
    ),
    Action(
        id="validate now",
        keys=("m",),
        title="Measure and validate",
        help="Measure what the chosen profile needs, and judge that; asks before it does.",
        screens=("cert",),
        changes=True,
        footer="measure and judge",
    ),
    Action(
        id="activity device",
        keys=("d",),
        title="Of which device",
        help="Show what happened to the next device, or to all.",
        screens=("activity",),
    ),
    Action(
        id="activity kind",
        keys=("w",),
        title="What kind",
        help="Show events of the next kind, or of all: decisions, your words, devices, work, trouble.",
        screens=("activity",),
    ),
    Action(
        id="rig before",
        keys=("left_square_bracket",),
        title="Machine before",
        help="Show the machine before, of those that --host names.",
    ),
    Action(
        id="next rig",
        keys=("right_square_bracket",),
        title="Next machine",
        help="Show the next machine of those that --host names.",
        footer="rig",
    ),
    Action(
        id="look again",
        keys=("R",),
        title="Look again",
        help="List the devices anew and look for trouble.",
        screens=("overview", "devices"),
    ),
    Action(
        id="copy",
        keys=("y",),
        title="Copy as command",
        help="Copy the command that shows the same.",
        footer="copy as command",
    ),
    Action(id="share", keys=("S",), title="Share", help="Save this screen as text and picture, names replaced."),
    Action(
        id="palette",
        keys=("colon", "ctrl+p"),
        title="Commands",
        help="Find anything that can be done.",
        footer="commands",
    ),
    Action(id="find", keys=("slash",), title="Find", help="Find a device, what needs you, or a kernel."),
    Action(id="help", keys=("question_mark", "f1"), title="Help", help="Every key and what it does.", footer="help"),
    Action(
        id="reset setting",
        keys=("d",),
        title="Back to the default",
        help="Take a setting out of the file.",
        screens=("settings",),
        changes=True,
        footer="default",
    ),
    Action(
        id="read settings",
        keys=("R",),
        title="Read again",
        help="Read the configuration anew, where it was changed by other means.",
        screens=("settings",),
        footer="read again",
    ),
    Action(
        id="setup again",
        keys=(),
        title="First run",
        help="Ask the five questions of the first run again.",
        changes=True,
    ),
    Action(
        id="setup back",
        keys=("left", "backspace"),
        title="Question before",
        help="Go back to the question before.",
        screens=("first run",),
        changes=True,
        footer="before",
    ),
    Action(
        id="setup skip",
        keys=("escape",),
        title="Skip all",
        help="Leave the first run; nothing is written.",
        screens=("first run",),
        changes=True,
        footer="skip all",
    ),
    Action(id="suspend", keys=("ctrl+z",), title="To the shell", help="Stop here; `fg` goes on."),
    Action(id="quit", keys=("q", "ctrl+c", "ctrl+q"), title="Quit", help="Leave. What was measured is kept."),
)
BY_ID = {action.id: action for action in ACTIONS}

SHOWN = {
    "exclamation_mark": "!",
    "question_mark": "?",
    "colon": ":",
    "comma": ",",
    "slash": "/",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "escape": "esc",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "full_stop": ".",
    "middle_dot": "·",
    "space": "space",
}
"""Keys by their sign, where the library spells them out."""


@dataclass(frozen=True, slots=True)
class Keymap:
    """Which key does what, with the owner's changes."""

    keys: Mapping[str, tuple[str, ...]]

    def action(self, key: str, screen: str, *, read_only: bool) -> Action | None:
        """What a key does on a screen, if anything; what belongs to the screen comes before what works everywhere."""
        found = [
            action
            for action in ACTIONS
            if key in self.keys[action.id] and (not action.screens or screen in action.screens)
        ]
        allowed = [action for action in found if not (read_only and action.changes)]
        first = min(allowed, key=lambda action: not action.screens, default=None)
        return by_letter(key) if first is None and screen == "schedule" and not read_only else first

    def shown(self, action: Action) -> str:
        """The key of an action as people read it."""
        keys = self.keys[action.id]
        return SHOWN.get(keys[0], keys[0]) if keys else ""


def read_keymap(own: Mapping[str, str]) -> Keymap:
    """The keys, with the owner's: an action's id, and the key that it gets instead of its own."""
    names = {sign: name for name, sign in SHOWN.items()}
    given = {name: names.get(key, key) for name, key in own.items()}
    taken = set(given.values())
    return Keymap(
        {
            # A key that the owner gave to one action is no other's any more.
            action.id: (given[action.id],) if action.id in given else tuple(k for k in action.keys if k not in taken)
            for action in ACTIONS
        }
    )


def applicable(screen: str, *, read_only: bool) -> Iterable[Action]:
    """What can be done on a screen."""
    for action in ACTIONS:
        if (not action.screens or screen in action.screens) and not (read_only and action.changes):
            yield action
