"""Reading what a machine says of itself, what samples under load show, what was found, and what its owner declares."""

from collections.abc import Callable
from fnmatch import fnmatchcase

from netmind_tui.certify.judgement_ground import Ground
from netmind_tui.certify.metric_figure import Absent, Figure
from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.finding import Action, Status
from netmind_tui.model.reading import ABSENCE_SENTENCES
from netmind_tui.model.requirement import DECLARED, ListedDevice, Requirement
from netmind_tui.model.sample import DeviceSample
from netmind_tui.model.selector import select

Read = Callable[[Ground, Device | None, Requirement], Figure | Absent]

UNLISTED = "unlisted"
_SOLD_AS = (0.92, 1.03)
"""Drivers report a little less memory than a card is sold with, and some count it in powers of ten."""

_MEASURE = "ask for a run instead, or validate on the machine itself"
_DECLARE = "declare it: `netmind config set {key} …` and `netmind config set declared.date YYYY-MM-DD`"
_SETTINGS = {
    "declared.download": ("download_mbps", 1e6),
    "declared.upload": ("upload_mbps", 1e6),
    "declared.ports": ("ports", 1.0),
    "declared.uptime": ("uptime_pct", 0.01),
    "declared.online_per_day": ("online_hours_per_day", 3600.0),
}
"""The name in the configuration's table, and how much of the metric's base unit one of it is."""


def of_device(member: str) -> Read:
    """A member of the device, as it is."""

    def read(_ground: Ground, device: Device | None, _requirement: Requirement) -> Figure | Absent:
        value = getattr(device, member)
        return _absent(device, member) if value is None else Figure(value=value, source="the device's description")

    return read


def power_limit_share(_ground: Ground, device: Device | None, _requirement: Requirement) -> Figure | Absent:
    """Power limit ÷ the card's default."""
    if device is None or not device.power_limit_w or not device.power_limit_default_w:
        return _absent(device, "power_limit_w")
    share = device.power_limit_w / device.power_limit_default_w
    return Figure(value=share, source=f"{device.power_limit_w:g} W of {device.power_limit_default_w:g} W")


def level(ground: Ground, device: Device | None, _requirement: Requirement) -> Figure | Absent:
    """The level that lists the device, by name and memory; never that of a similar one."""
    if device is None or device.name is None or device.memory_total_bytes is None:
        return Absent()
    for each in ground.levels:
        if any(_is_listed(device, listed) for listed in each.devices):
            return Figure(value=each.name, source=device.name)
    return Figure(value=UNLISTED, source=device.name)


def _is_listed(device: Device, listed: ListedDevice) -> bool:
    if not fnmatchcase((device.name or "").lower(), listed.name.lower()):
        return False
    sold, has = listed.memory_bytes, device.memory_total_bytes or 0
    return sold is None or _SOLD_AS[0] * sold <= has <= _SOLD_AS[1] * sold


def count(ground: Ground, _device: Device | None, requirement: Requirement) -> Figure | Absent:
    """How many devices the selector means; nobody knows where no driver can list them."""
    names = requirement.devices.names if requirement.devices else "all"
    found = select([names], ground.devices).devices
    if not found and (ground.driver is None or ground.driver.version is None):
        why = ground.no_gpu or (ground.driver.problem if ground.driver else None) or "no NVIDIA driver answers here"
        return Absent(sentence=f"no {names} is listed, and whether there is one cannot be told: {why}")
    return Figure(value=float(len(found)), source=", ".join(device.id for device in found) or "the driver lists none")


def driver(member: str) -> Read:
    """A version of the driver."""

    def read(ground: Ground, _device: Device | None, _requirement: Requirement) -> Figure | Absent:
        value = getattr(ground.driver, member) if ground.driver else None
        if value is None:
            why = (ground.driver.problem if ground.driver else None) or ground.no_gpu
            return Absent(sentence=why or "")
        return Figure(value=value, source="the driver")

    return read


def of_machine(member: str) -> Read:
    """A member of the machine, as it is."""

    def read(ground: Ground, _device: Device | None, _requirement: Requirement) -> Figure | Absent:
        value = getattr(ground, member)
        if value is None:
            return Absent(sentence="a certificate does not hold it" if ground.kind == "certificate" else "")
        return Figure(value=value if isinstance(value, str) else float(value), source="the machine's description")

    return read


def cores_per_gpu(ground: Ground, _device: Device | None, _requirement: Requirement) -> Figure | Absent:
    """Usable cores for each GPU."""
    if not ground.gpus or ground.usable_cores is None:
        return Absent(sentence=ground.no_gpu or "")
    source = f"{ground.usable_cores:g} cores, {len(ground.gpus)} GPUs"
    return Figure(value=ground.usable_cores / len(ground.gpus), source=source)


def memory_to_gpu_memory(ground: Ground, _device: Device | None, _requirement: Requirement) -> Figure | Absent:
    """Host memory ÷ the memory of all GPUs."""
    sizes = [device.memory_total_bytes for device in ground.gpus]
    if not sizes or None in sizes or not ground.memory_bytes:
        return Absent(sentence="" if sizes else ground.no_gpu or "")
    total = sum(size for size in sizes if size is not None)
    return Figure(value=ground.memory_bytes / total, source="the machine's and the devices' descriptions")


def best_sample(member: str) -> Read:
    """The largest of a metric in the samples around the kernels: an idle link slows down to save power."""

    def read(ground: Ground, device: Device | None, _requirement: Requirement) -> Figure | Absent:
        values = [value for sample in _samples(ground, device) if (value := getattr(sample, member)) is not None]
        return Figure(value=float(max(values)), source="samples under load") if values else _unsampled(ground, device)

    return read


def hottest(ground: Ground, device: Device | None, _requirement: Requirement) -> Figure | Absent:
    """The highest temperature in the samples around the kernels."""
    values = [sample.temperature_c for sample in _samples(ground, device) if sample.temperature_c is not None]
    return Figure(value=float(max(values)), source="samples under load") if values else _unsampled(ground, device)


def headroom(ground: Ground, device: Device | None, requirement: Requirement) -> Figure | Absent:
    """Where the device slows down, less its highest temperature."""
    highest = hottest(ground, device, requirement)
    limit = device.temperature_slowdown_c if device else None
    if isinstance(highest, Absent) or limit is None:
        return highest if isinstance(highest, Absent) else _absent(device, "temperature_slowdown_c")
    degrees = float(highest.value)
    return Figure(value=limit - degrees, source=f"{degrees:g} °C under load, slows down at {limit} °C")


def findings_of(least: str) -> Read:
    """How many findings are of that status or worse; none of them counts as none only where all could be looked for."""
    counted = {"fail": {Status.FAIL}, "warn": {Status.WARN, Status.UNSTABLE, Status.ERROR, Status.FAIL}}[least]

    def read(ground: Ground, _device: Device | None, _requirement: Requirement) -> Figure | Absent:
        if ground.health is None:
            return _unhealthy(ground)
        ids = sorted({id_ for id_, status, _ in ground.health if status in counted})
        number = sum(status in counted for _, status, _ in ground.health)
        unseen = [(id_, device) for id_, status, device in ground.health if status is Status.ERROR]
        blind = sorted({f"{id_} ({device or 'the machine'})" for id_, device in unseen})
        if number == 0 and blind:  # a lost card shows no faults
            return Absent(sentence=f"not everything could be examined: {', '.join(blind)}")
        return Figure(value=float(number), source=", ".join(ids) or "netmind doctor found none")

    return read


def findings_named(ground: Ground, _device: Device | None, requirement: Requirement) -> Figure | Absent:
    """How many findings of one id there are."""
    if ground.health is None:
        return _unhealthy(ground)
    found = [device or "the machine" for id_, _, device in ground.health if id_ == requirement.argument]
    lost = sorted({device for _, status, device in ground.health if status is Status.ERROR and device})
    if not found and lost:
        return Absent(sentence=f"{', '.join(lost)} could not be examined")
    return Figure(value=float(len(found)), source=", ".join(found) or "netmind doctor found none")


def declared(ground: Ground, _device: Device | None, requirement: Requirement) -> Figure | Absent:
    """What the owner declares."""
    return _declared(ground, requirement.metric)


def declared_per_gpu(ground: Ground, _device: Device | None, requirement: Requirement) -> Figure | Absent:
    """The same for each GPU."""
    if not ground.gpus:
        return Absent(sentence=ground.no_gpu or "it is a ratio to the GPUs, and none is listed")
    whole = _declared(ground, requirement.metric.removesuffix("_per_gpu"))
    if isinstance(whole, Absent):
        return whole
    return Figure(
        value=float(whole.value) / len(ground.gpus), evidence=whole.evidence, source=whole.source, on=whole.on
    )


def _declared(ground: Ground, name: str) -> Figure | Absent:
    if ground.declared is None:
        whose = "a certificate" if ground.kind == "certificate" else "a run of another machine"
        return Absent(sentence=f"{whose} declares nothing, and your own word is of this machine only")
    setting, factor = _SETTINGS[name]
    remedy = _DECLARE.format(key=f"declared.{setting}")
    value = ground.declared.values.get(setting)
    if value is None:
        return Absent(remedy=remedy)
    if ground.declared.on is None:
        return Absent(sentence="it is declared without a date", remedy=remedy)
    source = f"[declared] of the configuration, {ground.declared.on}"
    return Figure(value=round(value * factor, 9), evidence=DECLARED, source=source, on=ground.declared.on)


def _samples(ground: Ground, device: Device | None) -> list[DeviceSample]:
    own = device.id if device else None
    return [
        part
        for row in ground.measurements
        if row.device == own
        for sample in (row.before, row.after)
        if sample is not None
        for part in sample.devices
        if part.device == own
    ]


def _absent(device: Device | None, member: str) -> Absent:
    """Why a device does not say something, where it knows."""
    if device is not None and device.lost is not None:
        return Absent(sentence=f"the device does not answer: {device.lost}")
    if device is not None and device.kind is DeviceKind.CPU:
        return Absent(sentence="a processor has none", remedy='ask it of GPUs: devices = "gpu"', action=Action.NONE)
    absence = device.absent.get(member) if device else None
    return Absent(sentence=ABSENCE_SENTENCES[absence] if absence else "")


def _unsampled(ground: Ground, device: Device | None) -> Absent:
    if not ground.has_samples:
        return Absent(sentence="a certificate holds no samples", remedy=_MEASURE, action=Action.NONE)
    rows = ground.rows(device.id if device else "")
    if all(row.value is None for row in rows):
        why = next((because.detail for row in rows for because in row.reasons), None)
        return Absent(sentence="no kernel ran on it" + (f": {why}" if why else ""), action=Action.RETRY)
    return Absent(remedy="measure again: `netmind bench --suite quick`", action=Action.RETRY)


def _unhealthy(ground: Ground) -> Absent:
    if ground.kind == "certificate":
        return Absent(
            sentence="a certificate says nothing about health",
            remedy="run `netmind validate` on the machine itself",
            action=Action.NONE,
        )
    return Absent(
        sentence=f"a run of suite {ground.suite} does not look at health",
        remedy="validate a run made now, or one of `netmind bench --suite preflight`",
        action=Action.RETRY,
    )
