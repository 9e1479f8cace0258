"""What the runtime's answers say about this installation, with the fix."""

import re
from collections.abc import Sequence

from netmind_tui.model.finding import Action, Finding, Status
from netmind_tui.model.measurement import Measurement, Reason

_LIBRARY = re.compile(r"lib[\w.+-]+\.so[.\d]*")


def run_findings(measurements: Sequence[Measurement]) -> tuple[Finding, ...]:
    """One finding for each trouble that has a fix outside the run, however many kernels it stopped."""
    found: dict[str, Finding] = {}
    for measurement in measurements:
        for because in measurement.reasons:
            if because.id is Reason.PROVIDER_NOT_LOADABLE and measurement.provider == "cuda":
                found.setdefault("cuda-not-loadable", cuda_not_loadable(because.detail))
            elif because.id is Reason.KERNEL_DIGEST:
                found.setdefault(f"kernel-digest {measurement.kernel}", _digest(measurement.kernel, because.detail))
    return tuple(found.values())


def cuda_not_loadable(evidence: str) -> Finding:
    """The CUDA provider is there and its libraries are not."""
    library = _LIBRARY.search(evidence)
    return Finding(
        id="cuda-not-loadable",
        title="The CUDA provider of ONNX Runtime cannot be loaded, so no GPU was measured",
        status=Status.ERROR,
        actual=f"{library[0]} is missing" if library else evidence,
        required="the CUDA 13 libraries, or those of CUDA 12 for drivers older than 580",
        evidence=evidence,
        purpose="GPU kernels run on the GPU or not at all; a CPU figure is never given instead",
        remediation="pip install 'netmind-tui[cuda]' (driver 580 or newer), else pip install 'netmind-tui[cuda12]'",
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
