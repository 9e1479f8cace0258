"""What can be done from the keyboard on *Overview* and *Devices*: with devices, their histories, and their work."""

from netmind_tui.tui.action_base import Action

DEVICE_ACTIONS: tuple[Action, ...] = (
    Action(
        id="span",
        keys=("t",),
        title="Time range",
        help="Histories over two minutes or one hour; with an agent over a day or a week.",
        screens=("overview", "devices"),
    ),
    Action(
        id="layout",
        keys=("g",),
        title="Cards or rows",
        help="Show GPUs as cards or as rows.",
        screens=("overview",),
        footer="cards/rows",
    ),
    Action(
        id="sort",
        keys=("s",),
        title="Sort",
        help="Order the rows by attention or by slot.",
        screens=("overview",),
        footer="sort",
    ),
    Action(
        id="bench",
        keys=("b",),
        title="Benchmark",
        help="Go and measure.",
        screens=("overview", "devices"),
        footer="benchmark",
    ),
    Action(
        id="unfold",
        keys=("right",),
        title="Unfold slices",
        help="Show the MIG slices of the GPU under the cursor.",
        screens=("overview",),
    ),
    Action(
        id="fold",
        keys=("left",),
        title="Fold slices",
        help="Hide the MIG slices of the GPU under the cursor.",
        screens=("overview",),
    ),
    Action(
        id="kill",
        keys=("K",),
        title="End process…",
        help="Ask the chosen process on a GPU to end, after a question.",
        screens=("devices",),
        changes=True,
        footer="end process…",
    ),
    Action(
        id="work",
        keys=("w",),
        title="Stop or start work",
        help="Stop the chosen workload on every device, after a question; or let it start again.",
        screens=("devices",),
        changes=True,
        needs_agent=True,
        footer="stop or start work",
    ),
    Action(
        id="log before",
        keys=("n",),
        title="Match before",
        help="In a workload's log: the line before that has what / looked for.",
        screens=("devices",),
    ),
    Action(
        id="log next",
        keys=("N",),
        title="Next match",
        help="In a workload's log: the next line that has it.",
        screens=("devices",),
    ),
)
