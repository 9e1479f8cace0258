"""Every metric that a requirement can name: its unit, its origin, the suite that shows it, and why it may lack."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from netmind_tui.certify import metric_fact as fact
from netmind_tui.certify import metric_rate as rate
from netmind_tui.certify.judgement_ground import Ground
from netmind_tui.certify.metric_figure import Absent, Figure
from netmind_tui.model.device import Device
from netmind_tui.model.finding import Action
from netmind_tui.model.requirement import Requirement


class Kind(StrEnum):
    """What a metric's value is, and so which operators it takes."""

    NUMBER = "a number with its unit"
    VERSION = "a version"
    WORD = "a word"
    SWITCH = "true or false"


class Origin(StrEnum):
    """Where a metric comes from."""

    MACHINE = "what the machine says of itself"
    SAMPLE = "samples taken under load"
    KERNEL = "kernels that were measured"
    HEALTH = "what netmind doctor finds"
    DECLARED = "the owner's word, with its date"


class Scope(StrEnum):
    """What a metric is of: the whole machine, each device, or a number of devices."""

    MACHINE = "machine"
    DEVICE = "device"
    COUNT = "count"


Read = Callable[[Ground, Device | None, Requirement], Figure | Absent]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric. A family's name ends in a dot: what follows names the kernel or the finding.

    ``suite`` is the least thorough suite that shows it; of a kernel the catalogue knows better. ``absent`` says in a
    sentence why it may be missing, ``remedy`` and ``action`` what to do where it is not enough.
    """

    name: str
    meaning: str
    kind: Kind = Kind.NUMBER
    unit: str = ""
    scope: Scope = Scope.DEVICE
    origin: Origin
    suite: str = "preflight"
    absent: str
    remedy: str
    action: Action = Action.ASK_OWNER
    read: Read

    @property
    def is_family(self) -> bool:
        """Whether a kernel or a finding is named behind it."""
        return self.name.endswith(".")


_NOT_REPORTED = "not reported by this device or driver"
_NO_DRIVER = "no NVIDIA driver answers here"
_NO_GPU = "it is a ratio to the GPUs, and none is listed"
_NOT_DECLARED = "it is not declared"
_ANOTHER = "use a machine that has it, or require less"
_DECLARE = "ask whoever provides the line for more, or require less"

METRICS: tuple[Metric, ...] = (
    Metric(
        name="device.count",
        meaning="how many devices of a class there are",
        unit="devices",
        scope=Scope.COUNT,
        origin=Origin.MACHINE,
        absent="the driver lists no device of that class",
        remedy="look for the missing devices with `netmind doctor`",
        read=fact.count,
    ),
    Metric(
        name="device.name",
        meaning="the model, as its driver names it; `*` stands for any part",
        kind=Kind.WORD,
        origin=Origin.MACHINE,
        absent=_NOT_REPORTED,
        remedy=_ANOTHER,
        read=fact.of_device("name"),
    ),
    Metric(
        name="device.level",
        meaning="the published level that lists the model, or `unlisted`",
        kind=Kind.WORD,
        origin=Origin.MACHINE,
        absent="name and memory are not reported, and a level needs both",
        remedy="use a device that is listed; the level of a similar one does not count",
        read=fact.level,
    ),
    Metric(
        name="device.memory",
        meaning="the memory that a device has",
        unit="bytes",
        origin=Origin.MACHINE,
        absent=_NOT_REPORTED,
        remedy=_ANOTHER,
        read=fact.of_device("memory_total_bytes"),
    ),
    Metric(
        name="device.compute_capability",
        meaning="the generation of a GPU in NVIDIA's numbers",
        kind=Kind.VERSION,
        origin=Origin.MACHINE,
        absent=_NOT_REPORTED,
        remedy=_ANOTHER,
        read=fact.of_device("compute_capability"),
    ),
    Metric(
        name="device.power_limit",
        meaning="how much a device may draw",
        unit="W",
        origin=Origin.MACHINE,
        absent=_NOT_REPORTED,
        remedy="raise it: `sudo nvidia-smi --power-limit WATTS`",
        read=fact.of_device("power_limit_w"),
    ),
    Metric(
        name="device.power_limit_share",
        meaning="the same as a share of the card's default",
        unit="%",
        origin=Origin.MACHINE,
        absent=_NOT_REPORTED,
        remedy="set it back: `sudo nvidia-smi --power-limit WATTS` with the default that `netmind info` shows",
        read=fact.power_limit_share,
    ),
    Metric(
        name="device.ecc",
        meaning="whether memory errors are corrected",
        kind=Kind.SWITCH,
        origin=Origin.MACHINE,
        absent="this device has no ECC, or does not report it",
        remedy="switch it on, `sudo nvidia-smi --ecc-config=1`, then reboot",
        action=Action.REBOOT,
        read=fact.of_device("ecc_enabled"),
    ),
    Metric(
        name="device.mig",
        meaning="whether a GPU is cut into slices",
        kind=Kind.SWITCH,
        origin=Origin.MACHINE,
        absent="this device cannot be cut into slices, or does not report it",
        remedy="switch it: `sudo nvidia-smi --multi-instance-gpu=0`, or 1",
        action=Action.DRAIN,
        read=fact.of_device("mig_enabled"),
    ),
    Metric(
        name="driver.version",
        meaning="the version of NVIDIA's driver",
        kind=Kind.VERSION,
        scope=Scope.MACHINE,
        origin=Origin.MACHINE,
        absent=_NO_DRIVER,
        remedy="install a newer driver, then reboot",
        read=fact.driver("version"),
    ),
    Metric(
        name="driver.cuda",
        meaning="the newest CUDA that the driver serves",
        kind=Kind.VERSION,
        scope=Scope.MACHINE,
        origin=Origin.MACHINE,
        absent=_NO_DRIVER,
        remedy="install a newer driver, then reboot",
        read=fact.driver("cuda_version"),
    ),
    Metric(
        name="host.cores",
        meaning="processor cores that this process may use",
        unit="cores",
        scope=Scope.MACHINE,
        origin=Origin.MACHINE,
        absent=_NOT_REPORTED,
        remedy="give it more cores, or lift the limit of its container",
        read=fact.of_machine("usable_cores"),
    ),
    Metric(
        name="host.memory",
        meaning="the machine's memory, or its container's limit",
        unit="bytes",
        scope=Scope.MACHINE,
        origin=Origin.MACHINE,
        absent=_NOT_REPORTED,
        remedy="give it more memory, or lift the limit of its container",
        read=fact.of_machine("memory_bytes"),
    ),
    Metric(
        name="host.disk_free",
        meaning="what is free on the emptiest disk",
        unit="bytes",
        scope=Scope.MACHINE,
        origin=Origin.MACHINE,
        absent="no disk is listed here",
        remedy="make room on a disk",
        read=fact.of_machine("disk_free_bytes"),
    ),
    Metric(
        name="host.architecture",
        meaning="the kind of processor, such as `x86_64`",
        kind=Kind.WORD,
        scope=Scope.MACHINE,
        origin=Origin.MACHINE,
        absent=_NOT_REPORTED,
        remedy=_ANOTHER,
        read=fact.of_machine("architecture"),
    ),
    Metric(
        name="host.cores_per_gpu",
        meaning="usable cores ÷ GPUs",
        unit="cores",
        scope=Scope.MACHINE,
        origin=Origin.MACHINE,
        absent=_NO_GPU,
        remedy="give it more cores, or lend fewer GPUs",
        read=fact.cores_per_gpu,
    ),
    Metric(
        name="host.memory_to_gpu_memory",
        meaning="the machine's memory ÷ that of all its GPUs",
        unit="%",
        scope=Scope.MACHINE,
        origin=Origin.MACHINE,
        absent=_NO_GPU,
        remedy="give it more memory, or lend fewer GPUs",
        read=fact.memory_to_gpu_memory,
    ),
    Metric(
        name="pcie.generation_max",
        meaning="the fastest PCIe generation of card and slot",
        unit="generation",
        origin=Origin.MACHINE,
        absent=_NOT_REPORTED,
        remedy="put the card into a faster slot",
        read=fact.of_device("pcie_generation_max"),
    ),
    Metric(
        name="pcie.width_max",
        meaning="the most PCIe lanes of card and slot",
        unit="lanes",
        origin=Origin.MACHINE,
        absent=_NOT_REPORTED,
        remedy="put the card into a wider slot",
        read=fact.of_device("pcie_width_max"),
    ),
    Metric(
        name="pcie.generation",
        meaning="the PCIe generation that was reached under load",
        unit="generation",
        origin=Origin.SAMPLE,
        absent="no sample under load shows it",
        remedy="seat the card and its riser anew, and look at the slot's setting in the firmware",
        read=fact.best_sample("pcie_generation"),
    ),
    Metric(
        name="pcie.width",
        meaning="the PCIe lanes that were in use under load",
        unit="lanes",
        origin=Origin.SAMPLE,
        absent="no sample under load shows it",
        remedy="seat the card and its riser anew, and look at the slot's setting in the firmware",
        read=fact.best_sample("pcie_width"),
    ),
    Metric(
        name="temperature.max",
        meaning="the highest temperature under load",
        unit="°C",
        origin=Origin.SAMPLE,
        suite="quick",
        absent="no sample under load shows it",
        remedy="clean the cooler, give it more air, then measure again",
        read=fact.hottest,
    ),
    Metric(
        name="temperature.headroom",
        meaning="how far below its slowdown a device stayed under load",
        unit="°C",
        origin=Origin.SAMPLE,
        suite="quick",
        absent="no sample under load shows it, or the device does not say where it slows down",
        remedy="clean the cooler, give it more air, then measure again",
        read=fact.headroom,
    ),
    Metric(
        name="throttle.kernels",
        meaning="kernels during which heat or the power supply slowed a device down",
        unit="kernels",
        origin=Origin.KERNEL,
        suite="quick",
        absent="this device does not count it",
        remedy="look at its cooling and power supply with `netmind doctor`, then measure again",
        read=rate.throttled,
    ),
    Metric(
        name="kernel.",
        meaning="the rate of a kernel; with `relative_to` its share of `peers`, `baseline` or `peak`",
        origin=Origin.KERNEL,
        suite="quick",
        absent="it was not measured",
        remedy="see what held it back: `netmind bench` names it at the end; then measure again",
        read=rate.rate,
    ),
    Metric(
        name="spread.",
        meaning="the relative standard deviation of a kernel's samples",
        unit="%",
        origin=Origin.KERNEL,
        suite="quick",
        absent="it was not measured",
        remedy="end other programs, look at cooling and power limits, then measure again",
        action=Action.RETRY,
        read=rate.spread,
    ),
    Metric(
        name="spread",
        meaning="the largest of them on a device, disks left out",
        unit="%",
        origin=Origin.KERNEL,
        suite="quick",
        absent="no kernel was measured",
        remedy="end other programs, look at cooling and power limits, then measure again",
        action=Action.RETRY,
        read=rate.spread,
    ),
    Metric(
        name="sharing.",
        meaning="what a GPU keeps of a kernel's rate when all GPUs work",
        unit="%",
        origin=Origin.KERNEL,
        suite="standard",
        absent="it was not measured both together and alone",
        remedy="look at cooling, the power supply and what the GPUs share of their links",
        read=rate.sharing,
    ),
    Metric(
        name="findings.fail",
        meaning="findings of status `fail` about the machine and its devices",
        unit="findings",
        scope=Scope.MACHINE,
        origin=Origin.HEALTH,
        absent="nobody looked at its health",
        remedy="`netmind doctor` names each with its fix",
        read=fact.findings_of("fail"),
    ),
    Metric(
        name="findings.warn",
        meaning="findings of status `warn` or worse",
        unit="findings",
        scope=Scope.MACHINE,
        origin=Origin.HEALTH,
        absent="nobody looked at its health",
        remedy="`netmind doctor` names each with its fix",
        read=fact.findings_of("warn"),
    ),
    Metric(
        name="finding.",
        meaning="findings of that id, such as `finding.ecc-uncorrected`",
        unit="findings",
        scope=Scope.MACHINE,
        origin=Origin.HEALTH,
        absent="nobody looked at its health",
        remedy="`netmind doctor` names it with its fix",
        read=fact.findings_named,
    ),
    Metric(
        name="declared.download",
        meaning="what the line brings in",
        unit="bit/s",
        scope=Scope.MACHINE,
        origin=Origin.DECLARED,
        absent=_NOT_DECLARED,
        remedy=_DECLARE,
        read=fact.declared,
    ),
    Metric(
        name="declared.upload",
        meaning="what the line takes out",
        unit="bit/s",
        scope=Scope.MACHINE,
        origin=Origin.DECLARED,
        absent=_NOT_DECLARED,
        remedy=_DECLARE,
        read=fact.declared,
    ),
    Metric(
        name="declared.ports",
        meaning="ports that can be reached from outside",
        unit="ports",
        scope=Scope.MACHINE,
        origin=Origin.DECLARED,
        absent=_NOT_DECLARED,
        remedy="open more ports, and declare how many there are",
        read=fact.declared,
    ),
    Metric(
        name="declared.ports_per_gpu",
        meaning="the same ÷ GPUs",
        unit="ports",
        scope=Scope.MACHINE,
        origin=Origin.DECLARED,
        absent=_NOT_DECLARED,
        remedy="open more ports, and declare how many there are",
        read=fact.declared_per_gpu,
    ),
    Metric(
        name="declared.uptime",
        meaning="the share of time that the machine can be reached",
        unit="%",
        scope=Scope.MACHINE,
        origin=Origin.DECLARED,
        absent=_NOT_DECLARED,
        remedy="keep the machine on, and declare what it comes to",
        read=fact.declared,
    ),
    Metric(
        name="declared.online_per_day",
        meaning="the hours of a day that the machine is on and connected",
        unit="s",
        scope=Scope.MACHINE,
        origin=Origin.DECLARED,
        absent=_NOT_DECLARED,
        remedy="keep the machine on longer, and declare how long",
        read=fact.declared,
    ),
)
BY_NAME = {metric.name: metric for metric in METRICS}


def find_metric(name: str) -> tuple[Metric, str | None] | None:
    """The metric of that name, and what is named behind it; ``None`` where there is no such metric."""
    if name in BY_NAME and not BY_NAME[name].is_family:
        return BY_NAME[name], None
    for metric in METRICS:
        if metric.is_family and name.startswith(metric.name) and len(name) > len(metric.name):
            return metric, name.removeprefix(metric.name)
    return None
