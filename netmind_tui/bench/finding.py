"""What the runtime's answers say about this installation, with the fix."""

import re
from collections.abc import Sequence

from netmind_tui.model.device import Device, Driver
from netmind_tui.model.finding import Action, Finding, Status
from netmind_tui.model.measurement import Measurement, Reason

_CUDA_13_DRIVER, _CUDA_12_DRIVER = 580, 525
_CUDA_13_CAPABILITY = (7, 5)
_LIBRARY = re.compile(r"the CUDA library (\S+) is not installed")


def run_findings(
    measurements: Sequence[Measurement], driver: Driver | None, devices: Sequence[Device]
) -> tuple[Finding, ...]:
    """One finding for each trouble that has a fix outside the run, however many kernels it stopped."""
    found: dict[str, Finding] = {}
    for measurement in measurements:
        for because in measurement.reasons:
            if because.id is Reason.PROVIDER_NOT_LOADABLE and measurement.provider == "cuda":
                found.setdefault("cuda-not-loadable", cuda_not_loadable(because.detail, fitting_extra(driver, devices)))
            elif because.id is Reason.KERNEL_DIGEST:
                found.setdefault(f"kernel-digest {measurement.kernel}", _digest(measurement.kernel, because.detail))
    return tuple(found.values())


def fitting_extra(driver: Driver | None, devices: Sequence[Device]) -> str | None:
    """The extra whose CUDA this driver and its cards can use; ``None`` where the driver is too old for either.

    CUDA 13 wants driver 580 and Turing (7.5), CUDA 12 driver 525 (NVIDIA, "CUDA compatibility").
    """
    release = (driver.version or "").partition(".")[0] if driver else ""
    if release.isdigit() and int(release) < _CUDA_12_DRIVER:
        return None
    capabilities = [device.compute_capability for device in devices if device.compute_capability]
    old_card = any(tuple(map(int, each.split("."))) < _CUDA_13_CAPABILITY for each in capabilities)
    old_driver = release.isdigit() and int(release) < _CUDA_13_DRIVER
    return "cuda12" if old_card or old_driver else "cuda"


def cuda_not_loadable(evidence: str, extra: str | None) -> Finding:
    """The CUDA provider is there and its libraries are not."""
    library = _LIBRARY.search(evidence)
    remediation = f"in the folder of this program's source: pip install '.[{extra or 'cuda12'}]'"
    if extra is None:
        remediation = f"install NVIDIA driver {_CUDA_12_DRIVER} or newer, then {remediation}"
    return Finding(
        id="cuda-not-loadable",
        title="The CUDA provider of ONNX Runtime cannot be loaded, so no GPU was measured",
        status=Status.ERROR,
        actual=f"{library[1]} is missing" if library else evidence,
        required="the CUDA libraries that fit this driver and its cards",
        evidence=evidence,
        purpose="GPU kernels run on the GPU or not at all; a CPU figure is never given instead",
        remediation=remediation,
        action=Action.ASK_OWNER,
    )


def _digest(kernel: str, evidence: str) -> Finding:
    return Finding(
        id="kernel-digest",
        title=f"The file of {kernel} is not the one that the catalogue names, so it was not run",
        status=Status.ERROR,
        evidence=evidence,
        purpose="a figure means something only if everyone ran the same graph",
        remediation="install netmind-tui again, or run kernels/build.py if you changed the graph yourself",
        action=Action.ASK_OWNER,
    )
