"""What can be done from the keyboard on *Schedule*: move over the week, paint it, ask why, save."""

from netmind_tui.tui.action_base import Action

_HERE = ("schedule",)

SCHEDULE_ACTIONS: tuple[Action, ...] = (
    Action(
        id="paint",
        keys=("space",),
        title="Paint",
        help="Paint the cell, or the range, with the chosen profile. A drag with the mouse does so, too.",
        screens=_HERE,
        changes=True,
        footer="paint",
    ),
    Action(
        id="next brush",
        keys=("b",),
        title="Next brush",
        help="Paint with the next profile, or with never; the letter of a profile chooses that one.",
        screens=_HERE,
        changes=True,
        footer="brush",
    ),
    Action(
        id="range",
        keys=("v",),
        title="Range",
        help="Let the arrows take a range of hours and days along, or end that. With shift they always do.",
        screens=_HERE,
        footer="range",
    ),
    Action(
        id="never",
        keys=("full_stop", "middle_dot"),
        title="Never",
        help="Choose never as the brush.",
        screens=_HERE,
        changes=True,
    ),
    Action(
        id="erase",
        keys=("delete", "backspace"),
        title="Paint never",
        help="Take what is painted out of the cell, or the range.",
        screens=_HERE,
        changes=True,
    ),
    Action(
        id="copy day",
        keys=("c",),
        title="Copy day…",
        help="Paint other days as the one under the cursor.",
        screens=_HERE,
        changes=True,
        footer="copy day",
    ),
    Action(
        id="explain",
        keys=("x",),
        title="Explain",
        help="Every reason why the cell would run or not, ranked, and what lifts it.",
        screens=_HERE,
        footer="explain",
    ),
    Action(
        id="save",
        keys=("ctrl+s",),
        title="Save the week",
        help="Put what was changed in force: through the agent where one runs, or else in the policy file.",
        screens=_HERE,
        changes=True,
        footer="save",
    ),
    Action(
        id="undo",
        keys=("u",),
        title="Undo",
        help="Take the last change back; as often as there were changes.",
        screens=_HERE,
        changes=True,
    ),
    Action(
        id="redo",
        keys=("ctrl+r",),
        title="Redo",
        help="Make the change again that was taken back.",
        screens=_HERE,
        changes=True,
    ),
    Action(
        id="drop",
        keys=(),
        title="Drop the draft",
        help="Give up everything that is not saved; u brings nothing of it back.",
        screens=_HERE,
        changes=True,
    ),
    Action(
        id="past",
        keys=("h",),
        title="Painted or happened",
        help="Show what is painted, or what happened in the last seven days.",
        screens=_HERE,
        footer="happened",
    ),
    Action(
        id="layer",
        keys=("D",),
        title="Which devices",
        help="Show the week of all devices, or of the next ones by themselves.",
        screens=_HERE,
    ),
    Action(
        id="limit",
        keys=("g",),
        title="Change the limit…",
        help="Give the guard under the cursor, or the one that keeps the cell from running, another limit.",
        screens=_HERE,
        changes=True,
    ),
    Action(
        id="ignore",
        keys=("i",),
        title="Ignore once…",
        help="Contribute now until a moment, whatever the schedule and its guards say, even heat and battery.",
        screens=_HERE,
        changes=True,
        needs_agent=True,
    ),
    Action(
        id="next change",
        keys=("n",),
        title="Next change",
        help="Go to the hour at which something is first different.",
        screens=_HERE,
    ),
    Action(
        id="edit dates",
        keys=("e",),
        title="Exceptions…",
        help="Add a date on which it is different, or take one out.",
        screens=_HERE,
        changes=True,
    ),
    Action(
        id="import",
        keys=("m",),
        title="Import calendar…",
        help="Let nothing run in the busy times of an .ics file.",
        screens=_HERE,
        changes=True,
    ),
    *(
        Action(id=f"cell {way}", keys=keys, title=f"Cell {way}", help=words, screens=_HERE)
        for way, keys, words in (
            ("up", ("up", "k"), "The same hour of the day before; in another box the row before."),
            ("down", ("down", "j"), "The same hour of the next day; in another box the next row."),
            ("left", ("left",), "Half an hour earlier."),
            ("right", ("right",), "Half an hour later."),
            ("start", ("home",), "The first half hour of the day."),
            ("end", ("end",), "The last half hour of the day."),
        )
    ),
    *(
        Action(id=f"range {way}", keys=(f"shift+{way}",), title=f"Range {way}", help=words, screens=_HERE)
        for way, words in (
            ("up", "Take the day before into the range."),
            ("down", "Take the next day into the range."),
            ("left", "Take half an hour before into the range."),
            ("right", "Take half an hour more into the range."),
        )
    ),
)
PROFILE_KEYS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ") | {"number_sign"}


def by_letter(key: str) -> Action | None:
    """To paint with the profile of a letter; the picture of the week says which has which."""
    if key not in PROFILE_KEYS:
        return None
    sign = "#" if key == "number_sign" else key
    return Action(id=f"letter {sign}", keys=(key,), title="Brush", help="", screens=_HERE, changes=True)
