"""Everything that the screens show, as one value; and how a message makes the next one of it."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache

from netmind_tui.model.device import Device, DeviceKind, Driver
from netmind_tui.model.doctor import Diagnosis
from netmind_tui.model.finding import Finding, Status
from netmind_tui.model.host import Host
from netmind_tui.model.info import DeviceUse
from netmind_tui.model.sample import DeviceSample, Sample
from netmind_tui.tui import message as told
from netmind_tui.tui.bench_page import Bench
from netmind_tui.tui.cert_page import Cert, needs_of
from netmind_tui.tui.first_run_page import FirstRun
from netmind_tui.tui.history import History, own
from netmind_tui.tui.money_page import NOTHING, Money
from netmind_tui.tui.node_page import Node, questions_of, work_needs_of
from netmind_tui.tui.notice import Notices
from netmind_tui.tui.same import Same
from netmind_tui.tui.schedule_page import Schedule
from netmind_tui.tui.settings_state import Settings

SCREENS = ("overview", "devices", "bench", "schedule", "earnings", "cert", "activity", "settings", "first run")
"""In the order of their numbers; the settings have the comma, and the first run is met where nothing is set yet."""

TITLES = {
    "overview": "Overview",
    "devices": "Devices",
    "bench": "Bench",
    "schedule": "Schedule",
    "earnings": "Earnings",
    "cert": "Cert",
    "activity": "Activity",
    "settings": "Settings",
    "first run": "Welcome",
}
SPANS = ("2 m", "1 h", "24 h", "7 d")
"""The first two are remembered here, the others by an agent."""
CARDS_UP_TO = 2
"""Up to so many GPUs have a card each on the overview; more have a row each."""
_FIRST = {"node": 48}
"""Where the cursor is first where that is not the first row: on the line of time it is now."""
BUSY_PCT = 10
"""From this utilisation on a device is at work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """Where the samples come from: ``live``, ``replay`` or ``demo``; ``label`` names the recording.

    ``silent_s`` is for how long no sample has come; ``ended`` says why there will be none.
    """

    kind: str = "live"
    label: str = ""
    silent_s: float = 0.0
    ended: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What whoever watches has chosen: the screen, the focused box of each screen, and the row chosen in each box."""

    screen: str = "overview"
    focus: dict[str, str] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    choices: dict[str, str] = field(default_factory=dict)
    read_only: bool = False

    def row(self, box: str) -> int:
        """The row chosen in a box."""
        return self.rows.get(box, _FIRST.get(box, 0))

    def choice(self, what: str, default: str) -> str:
        """A choice that was made, or what stands without one."""
        return self.choices.get(what, default)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The interface at one moment."""

    view: View = View()
    feed: Feed = Feed()
    clock: str = ""
    at: datetime | None = None
    host: Host | None = None
    driver: Driver | None = None
    devices: tuple[Device, ...] = ()
    uses: tuple[DeviceUse, ...] = ()
    machine_findings: tuple[Finding, ...] = ()
    sample: Sample | None = None
    history: History = field(default_factory=History)
    notices: Notices = field(default_factory=Notices)
    diagnosis: Diagnosis | None = None
    bench: Bench = field(default_factory=Bench)
    cert: Cert = field(default_factory=Cert)
    node: Node = field(default_factory=Node)
    said: told.Told | None = None
    settings: Settings = field(default_factory=Settings)
    first_run: FirstRun = field(default_factory=FirstRun)
    schedule: Schedule = field(default_factory=Schedule)
    money: Money = NOTHING
    """By the owner's own files, where no agent runs."""

    @property
    def gpus(self) -> tuple[Device, ...]:
        """The GPUs and MIG slices, as they are listed."""
        return tuple(device for device in self.devices if device.kind is not DeviceKind.CPU)

    @property
    def cpu(self) -> Device | None:
        """The host's processor."""
        return next((device for device in self.devices if device.kind is DeviceKind.CPU), None)

    def own(self, device: Device) -> DeviceSample | None:
        """What a device does now."""
        return own(self.sample, device.id)

    def use(self, device: Device) -> DeviceUse | None:
        """Who computes on a device."""
        return next((use for use in self.uses if use.device == device.id), None)

    @property
    def needs(self) -> tuple[Finding, ...]:
        """What needs the owner, worst first; from the doctor, and before it has come from a first look.

        What an agent asks comes before that; what is wrong with work, or to be known of the certificate, comes after.
        """
        found = self.diagnosis.findings if self.diagnosis is not None else self.machine_findings
        return _needs(Same(found), Same(self.node), Same(self.cert), self.settings.config.renew_before_s)

    @property
    def renew_before(self) -> timedelta:
        """How long before its end a certificate is to be made anew."""
        return timedelta(seconds=self.settings.config.renew_before_s)


@lru_cache(2)
def _needs(
    findings: Same[tuple[Finding, ...]], node: Same[Node], cert: Same[Cert], renew_before_s: float
) -> tuple[Finding, ...]:
    """Worked out once a picture: each device's row asks."""
    wrong = tuple(each for each in findings.value if each.status in (Status.FAIL, Status.ERROR, Status.WARN))
    certified = needs_of(cert.value, timedelta(seconds=renew_before_s))
    return (*questions_of(node.value), *wrong, *work_needs_of(node.value), *certified)


def reduce(state: State, message: told.Message) -> State:
    """The state after a message."""
    match message:
        case told.Part():
            return message.after(state)
        case told.Sampled(sample):
            notices = state.notices.after(state.sample, sample, BUSY_PCT)
            return replace(state, sample=sample, history=state.history.with_sample(sample), notices=notices)
        case told.Used(uses):
            return replace(state, uses=uses)
        case told.Ticked(clock, silent_s, at):
            return replace(state, clock=clock, at=at, feed=replace(state.feed, silent_s=silent_s))
        case told.Described(info):
            return replace(
                state,
                host=info.host,
                driver=info.driver,
                devices=info.devices,
                uses=info.in_use,
                machine_findings=info.findings,
            )
        case told.Examined(diagnosis):
            return replace(state, diagnosis=diagnosis)
        case told.Told():
            return replace(state, said=message if message.sentence else None)
        case told.FeedEnded(sentence):
            return replace(state, feed=replace(state.feed, ended=sentence))
    return replace(state, view=_viewed(state.view, message))


def _viewed(view: View, message: told.Message) -> View:
    match message:
        case told.Went(screen) if screen in SCREENS:
            return replace(view, screen=screen)
        case told.Focused(box) if box is not None:
            return replace(view, focus={**view.focus, view.screen: box})
        case told.Moved(step, box, row):
            box = box or view.focus.get(view.screen)
            if box is None:
                return view
            chosen = row if row is not None else view.row(box) + step
            # Where the cursor was moved to is meant from then on, until going back.
            choices = {**view.choices, "device chosen": "yes"} if box == "devices" else view.choices
            rows = {**view.rows, box: max(0, chosen)}
            if box == "list":  # another device has other work
                rows.pop("work", None)
            return replace(view, rows=rows, choices=choices)
        case told.Turned(what, value):
            return replace(view, choices={**view.choices, what: value})
    return view


def what_it_is(state: State) -> str:
    """Why something that only the machine itself can do is not done here."""
    return "this is another machine" if state.feed.kind == "host" else "this is a recording"
