"""Every setting there is: its key, what a value may be, what holds without one, and what it means in one sentence."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

Value = str | bool | int | float | Decimal | list[str]


class Kind(StrEnum):
    """What a value may be."""

    CHOICE = "choice"
    SWITCH = "switch"
    NAME = "name"
    PRICE = "price"
    PERCENT = "percent"
    WATTS = "watts"
    DEVICES = "devices"
    NUMBER = "number"
    DATE = "date"
    KEY = "key"
    URL = "url"
    SPAN = "span"
    NAMES = "names"
    ADDRESS = "address"
    PATH = "path"
    PROGRAM = "program"
    TARIFF = "tariff"
    CURRENCY = "currency"
    CARD = "card"


_EXPECTED: Mapping[Kind, str] = {
    Kind.SWITCH: "true or false",
    Kind.NAME: "a name",
    Kind.PRICE: 'a price such as "0.30 EUR"',
    Kind.PERCENT: "a number from 0 to below 100",
    Kind.WATTS: "a number of watts from 1 to 10000",
    Kind.DEVICES: 'a device such as "gpu:0"',
    Kind.DATE: 'a date in quotes such as "2026-11-22"',
    Kind.KEY: 'a key such as "ctrl+r"',
    Kind.URL: 'a URL such as "https://challenger.example:8443"',
    Kind.SPAN: 'a length of time from "0d" to "30d", in days or hours, such as "7d" or "12h"',
    Kind.NAMES: 'a list of names such as ["ana", "ben"]',
    Kind.ADDRESS: 'an address of this machine alone, such as "127.0.0.1:9876"',
    Kind.PATH: "a path that begins with /",
    Kind.TARIFF: 'a file\'s path that begins with /, or a URL such as "https://tariff.example/rates.json"',
    Kind.CARD: 'a card such as "netmind-power", or the path of one that begins with /',
    Kind.CURRENCY: 'three capital letters such as "EUR"',
    Kind.PROGRAM: 'a program and its words, such as "notify-send netmind" or ["notify-send", "netmind"]',
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting, or a family of them: the part of its key in pointed brackets is then the owner's to choose.

    ``variable`` is the environment variable that wins over the file; a number goes from 0 to ``most``, and ``is_whole``
    says that it counts something.
    """

    key: str
    kind: Kind
    meaning: str
    default: Value | None = None
    choices: tuple[str, ...] = ()
    variable: str | None = None
    most: int = 0
    is_whole: bool = False

    @property
    def is_family(self) -> bool:
        """Whether its key has a part that the owner chooses."""
        return "<" in self.key

    @property
    def table(self) -> str:
        """The table of the file in which it stands."""
        return self.key.partition(".")[0]

    @property
    def expected(self) -> str:
        """What a value may be, in words."""
        if self.kind is Kind.NUMBER:
            return f"a {'whole ' if self.is_whole else ''}number from 0 to {self.most}"
        return f"one of {', '.join(self.choices)}" if self.choices else _EXPECTED[self.kind]

    def named(self, name: str) -> str:
        """The key of that member of the family."""
        head, _, rest = self.key.partition("<")
        return f"{head}{name}{rest.partition('>')[2]}"

    def path(self, name: str = "") -> tuple[str, ...]:
        """The tables that lead to it in the file, and its own name at the end."""
        return tuple(name if part.startswith("<") else part for part in self.key.split("."))


SETTINGS: tuple[Setting, ...] = (
    Setting(
        key="alias.<name>",
        kind=Kind.DEVICES,
        meaning="A name of your own for a device or several, to be used wherever a device is named.",
    ),
    Setting(
        key="tui.theme",
        kind=Kind.CHOICE,
        meaning="The colours of netmind-tui; NO_COLOR takes them all away.",
        default="dark",
        choices=("dark", "light", "colour-blind"),
        variable="NETMIND_TUI_THEME",
    ),
    Setting(
        key="tui.signs",
        kind=Kind.CHOICE,
        meaning="The signs that netmind-tui draws with: ascii where the terminal's font lacks the others.",
        default="unicode",
        choices=("unicode", "ascii"),
    ),
    Setting(
        key="tui.read_only",
        kind=Kind.SWITCH,
        meaning="Read-only: netmind-tui offers nothing that changes anything.",
        default=False,
    ),
    Setting(
        key="keys.<action>",
        kind=Kind.KEY,
        meaning="Another key for an action of netmind-tui; ? there lists the actions.",
    ),
    Setting(
        key="electricity.price_per_kwh",
        kind=Kind.PRICE,
        meaning="What you pay for a kilowatt-hour: the floor of each device follows from it.",
    ),
    Setting(
        key="electricity.tariff",
        kind=Kind.TARIFF,
        meaning="Where your prices by the hour stand, a file or a URL; where it says none, the price above holds.",
    ),
    Setting(
        key="electricity.fee_pct",
        kind=Kind.PERCENT,
        meaning="What a network or market keeps, in per cent of what is earned.",
        default=0,
    ),
    Setting(
        key="earnings.rate_card",
        kind=Kind.CARD,
        meaning="The rate card by which your work is counted: one of netmind earnings card --list, or a file of yours.",
        default="manual",
    ),
    Setting(
        key="earnings.currency",
        kind=Kind.CURRENCY,
        meaning="The currency of your books, in which costs and net are told; that of your power's price unless set.",
    ),
    Setting(
        key="asset.<code>.decimals",
        kind=Kind.NUMBER,
        meaning="How many decimals a token of your own has; it never changes once something is booked in it.",
        most=18,
        is_whole=True,
    ),
    Setting(
        key="device.<id>.watts",
        kind=Kind.WATTS,
        meaning="What a device draws under load, declared by you where it cannot be read.",
    ),
    Setting(
        key="device.<id>.idle_watts",
        kind=Kind.WATTS,
        meaning="What a device draws when it does nothing, declared by you; netmind energy calibrate measures it.",
    ),
    Setting(
        key="schedule.preset",
        kind=Kind.CHOICE,
        meaning="When this machine may work for others while there is no policy (netmind schedule).",
        default="never",
        choices=("never", "nights", "away", "always"),
    ),
    Setting(
        key="payer.name",
        kind=Kind.NAME,
        meaning="Who pays for the work of this machine; nobody yet where it is not set.",
    ),
    Setting(
        key="certificate.challenger",
        kind=Kind.URL,
        meaning="A challenger that may time this machine: netmind-tui offers it, netmind certify is told one.",
    ),
    Setting(
        key="certificate.renew_before",
        kind=Kind.SPAN,
        meaning="When a certificate is to be renewed: so long before its end netmind-tui says so.",
        default="7d",
    ),
    Setting(
        key="access.control",
        kind=Kind.NAMES,
        meaning="Users who may pause, resume, stop and lease the devices of your agent; members of netmind may read.",
    ),
    Setting(
        key="access.policy",
        kind=Kind.NAMES,
        meaning="Users who may do all that, change the policy and answer the agent's questions.",
    ),
    Setting(
        key="agent.ask_windows",
        kind=Kind.SWITCH,
        meaning="Whether the agent may run a program of Windows, under WSL, that tells when somebody was at it.",
        default=False,
    ),
    Setting(
        key="agent.keep_awake",
        kind=Kind.SWITCH,
        meaning="Whether the agent keeps the machine from falling asleep by itself while it works; never on battery.",
        default=True,
    ),
    Setting(
        key="agent.metrics",
        kind=Kind.ADDRESS,
        meaning="Where the agent serves its metrics to a monitor on this machine; nowhere unless set.",
    ),
    Setting(
        key="agent.metrics_file",
        kind=Kind.PATH,
        meaning="The file, ending in .prom, in which the agent keeps its metrics for node_exporter.",
    ),
    Setting(
        key="hooks.<event>",
        kind=Kind.PROGRAM,
        meaning="A program of yours that the agent runs on such an event, or any, with the event as JSON on its stdin.",
    ),
    Setting(
        key="host.<name>.socket",
        kind=Kind.PATH,
        meaning="Where the agent of another machine listens there; it is looked for unless set.",
    ),
    Setting(
        key="declared.date",
        kind=Kind.DATE,
        meaning="The day on which you declared what follows; without it none of that counts.",
    ),
    Setting(
        key="declared.download_mbps",
        kind=Kind.NUMBER,
        meaning="What the line brings in, in Mbit/s: netmind validate shows it as your word.",
        most=1_000_000,
    ),
    Setting(
        key="declared.upload_mbps",
        kind=Kind.NUMBER,
        meaning="What the line takes out, in Mbit/s.",
        most=1_000_000,
    ),
    Setting(
        key="declared.ports",
        kind=Kind.NUMBER,
        meaning="How many ports of this machine can be reached from outside.",
        most=65_535,
        is_whole=True,
    ),
    Setting(
        key="declared.uptime_pct",
        kind=Kind.NUMBER,
        meaning="The per cent of time that this machine can be reached.",
        most=100,
    ),
    Setting(
        key="declared.online_hours_per_day",
        kind=Kind.NUMBER,
        meaning="How many hours of a day this machine is on and connected.",
        most=24,
    ),
)
BY_KEY: Mapping[str, Setting] = {setting.key: setting for setting in SETTINGS}
TABLES = tuple(dict.fromkeys(setting.table for setting in SETTINGS))
