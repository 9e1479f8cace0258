"""What the runtime's answers say about this installation, with the fix."""

import re
from collections.abc import Sequence

from netmind_tui.model.device import Device, Driver
from netmind_tui.model.finding import Action, Finding, Status
from netmind_tui.model.measurement import Measurement, Reason

_CUDA_13_DRIVER = 580
_CUDA_13_CAPABILITY = (7, 5)
_LIBRARY = re.compile(r"lib[\w.+-]+\.so[.\d]*")


def run_findings(
    measurements: Sequence[Measurement], driver: Driver | None, devices: Sequence[Device]
) -> tuple[Finding, ...]:
    """One finding for each trouble that has a fix outside the run, however many kernels it stopped."""
    found: dict[str, Finding] = {}
    for measurement in measurements:
        for because in measurement.reasons:
            if because.id is Reason.PROVIDER_NOT_LOADABLE and measurement.provider == "cuda":
                found.setdefault("cuda-not-loadable", cuda_not_loadable(because.detail, needs_cuda_12(driver, devices)))
            elif because.id is Reason.KERNEL_DIGEST:
                found.setdefault(f"kernel-digest {measurement.kernel}", _digest(measurement.kernel, because.detail))
    return tuple(found.values())


def needs_cuda_12(driver: Driver | None, devices: Sequence[Device]) -> bool:
    """Whether this driver or one of its cards is too old for CUDA 13: it wants driver 580 and Turing (7.5)."""
    release = (driver.version or "").partition(".")[0] if driver else ""
    if release.isdigit() and int(release) < _CUDA_13_DRIVER:
        return True
    capabilities = [device.compute_capability for device in devices if device.compute_capability]
    return any(tuple(map(int, each.split("."))) < _CUDA_13_CAPABILITY for each in capabilities)


def cuda_not_loadable(evidence: str, for_cuda_12: bool) -> Finding:
    """The CUDA provider is there and its libraries are not."""
    library = _LIBRARY.search(evidence)
    return Finding(
        id="cuda-not-loadable",
        title="The CUDA provider of ONNX Runtime cannot be loaded, so no GPU was measured",
        status=Status.ERROR,
        actual=f"{library[0]} is missing" if library else evidence,
        required=f"the libraries of CUDA {12 if for_cuda_12 else 13}",
        evidence=evidence,
        purpose="GPU kernels run on the GPU or not at all; a CPU figure is never given instead",
        remediation=f"pip install 'netmind-tui[{'cuda12' if for_cuda_12 else 'cuda'}]'",
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
