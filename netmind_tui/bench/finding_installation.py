"""What is wrong with what is installed: the runtime, its CUDA libraries, and the command's own name."""

from collections.abc import Iterator, Sequence

from netmind_tui.bench.finding import fitting_extra
from netmind_tui.bench.installation import Installation, Runtime, version_of
from netmind_tui.model.device import Device, DeviceKind, Driver
from netmind_tui.model.doctor import Setup
from netmind_tui.model.finding import Action, Finding, Status

_IN_THE_SOURCE = "in the folder of this program's source: "
_CUDA_12_DRIVER, _CUDA_13_DRIVER = 525, 580
_CUDA_13_CAPABILITY = (7, 5)
_MEGABYTE = 1_000_000
# Measured in empty environments on Linux x86-64; the sizes on disk of the extras were not.
_DOWNLOADS: dict[str | None, int] = {None: 276, "cuda": 858, "cuda-full": 1587, "cuda12": 1997}
_ON_DISK: dict[str | None, int] = {None: 455}


def installation_findings(
    installation: Installation, driver: Driver | None, devices: Sequence[Device]
) -> tuple[Finding, ...]:
    """What keeps the runtime, or the command, from working here; CUDA matters only where there is a GPU."""
    cards = [device for device in devices if device.kind is not DeviceKind.CPU]
    return (*_runtime(installation, driver, cards), *_command(installation))


def setup(
    installation: Installation, driver: Driver | None, devices: Sequence[Device], blocked: str | None = None
) -> Setup:
    """The one command that makes this installation fit this machine, and what it costs.

    ``blocked`` says why the GPUs that there are cannot be seen: what they need is known only after that.
    """
    cards = [device for device in devices if device.kind is not DeviceKind.CPU]
    findings = [each for each in _runtime(installation, driver, cards) if each.status is not Status.PASS]
    if blocked is not None and not cards:
        return Setup(reason=f"mend the driver first, then ask again: {blocked}")
    if not findings:
        whom = "the CPU and its GPUs" if cards else "the CPU; no NVIDIA GPU was found"
        return Setup(reason=f"everything is installed for {whom}")
    extra = fitting_extra(driver, cards) if cards else None
    if cards and extra is None:
        reason = f"NVIDIA driver {_version(driver)} is too old: install {_CUDA_12_DRIVER} or newer first"
        return Setup(reason=reason)
    download, on_disk = _DOWNLOADS[extra], _ON_DISK.get(extra)
    return Setup(
        command=_install(installation, extra),
        reason=findings[0].title,
        extra=extra,
        download_bytes=download * _MEGABYTE,
        disk_bytes=None if on_disk is None else on_disk * _MEGABYTE,
    )


def _runtime(installation: Installation, driver: Driver | None, cards: list[Device]) -> Iterator[Finding]:
    runtimes = installation.runtimes
    extra = fitting_extra(driver, cards) if cards else None
    fix = _IN_THE_SOURCE + f"`{_install(installation, extra)}`"
    if not runtimes:
        yield _error(
            "onnxruntime-missing", "ONNX Runtime is not installed, so nothing can be measured", fix, "not installed"
        )
        return
    named = ", ".join(f"{each.distribution} {each.version}" for each in runtimes)
    if len(runtimes) > 1:
        spoilt = bool(cards) and not installation.has_cuda_provider
        yield Finding(
            id="onnxruntime-twice",
            title="Two distributions have written the module onnxruntime over each other"
            + (", and the CUDA provider is gone" if spoilt else ""),
            status=Status.ERROR if spoilt else Status.WARN,
            actual=named,
            required="one of them",
            evidence=named,
            purpose="the last one installed wins, and removing either leaves a broken module",
            remediation=fix,
            action=Action.ASK_OWNER,
        )
        return
    if not cards:
        yield Finding(id="runtime", title=f"ONNX Runtime is installed: {named}", status=Status.PASS)
        return
    gpu = installation.gpu_runtime
    if gpu is None or not installation.has_cuda_provider:
        yield _error(
            "onnxruntime-without-cuda",
            f"ONNX Runtime is installed without its CUDA provider ({named}), so no GPU can be measured",
            fix,
            named,
        )
        return
    yield from _cuda(installation, gpu, driver, cards)


def _cuda(installation: Installation, gpu: Runtime, driver: Driver | None, cards: list[Device]) -> Iterator[Finding]:
    extra = fitting_extra(driver, cards)
    needed = f"{gpu.distribution} {gpu.version} is made for CUDA {gpu.cuda_major}"
    if extra is None:
        yield _error(
            "driver-too-old-for-cuda",
            f"NVIDIA driver {_version(driver)} is too old for CUDA: {_CUDA_12_DRIVER} or newer is needed",
            f"install NVIDIA driver {_CUDA_12_DRIVER} or newer with your distribution's package manager, then reboot",
            _version(driver),
            required=f"{_CUDA_12_DRIVER}",
        )
    elif gpu.cuda_major == 13 and extra == "cuda12":  # noqa: PLR2004 - CUDA 13
        old = [each for each in cards if each.compute_capability and _is_old(each.compute_capability)]
        why = (
            f"{old[0].id} has compute capability {old[0].compute_capability} and CUDA 13 wants 7.5"
            if old
            else f"CUDA 13 wants NVIDIA driver {_CUDA_13_DRIVER} and this is {_version(driver)}"
        )
        yield _error(
            "cuda-major-mismatch",
            f"{needed}, which does not run here: {why}",
            _IN_THE_SOURCE + f"`{_install(installation, extra)}`",
            needed,
            required="CUDA 12",
        )
    elif installation.missing_libraries:
        files = ", ".join(each.file for each in installation.missing_libraries)
        fitting = "cuda12" if gpu.cuda_major == 12 else extra  # noqa: PLR2004 - CUDA 12
        yield _error(
            "cuda-libraries-missing",
            f"{needed}, and of its libraries {files} cannot be found",
            _IN_THE_SOURCE + f"`{_install(installation, fitting)}`",
            files,
            required=", ".join(f"{each.wheel} {each.major}" for each in installation.missing_libraries),
        )
    else:
        title = f"ONNX Runtime and its CUDA {gpu.cuda_major} libraries are installed: {gpu.distribution} {gpu.version}"
        yield Finding(id="runtime", title=title, status=Status.PASS)


def _command(installation: Installation) -> Iterator[Finding]:
    if installation.strangers:
        names = " ".join(installation.strangers)
        yield Finding(
            id="command-taken",
            title=f"Another project has a command netmind in this environment: {names}",
            status=Status.WARN,
            actual=names,
            purpose="whichever was installed last has the command",
            remediation=f"`pip uninstall {names}`, then install netmind-tui again; its other command is netmind-tui",
            action=Action.ASK_OWNER,
        )
    elif installation.shadow is not None:
        yield Finding(
            id="command-shadowed",
            title="In this shell the word netmind starts another program than this one",
            status=Status.WARN,
            actual=str(installation.shadow),
            remediation="put the folder of this program's commands first in PATH, or remove the other one",
            action=Action.ASK_OWNER,
        )


def _install(installation: Installation, extra: str | None) -> str:
    """Both runtimes write the same files, so all go before one comes back."""
    target = "." if extra is None else f"'.[{extra}]'"
    names = [each.distribution for each in installation.runtimes]
    clashing = len(names) > 1 or (extra is not None and bool(names) and installation.gpu_runtime is None)
    return (f"pip uninstall -y {' '.join(names)} && " if clashing else "") + f"pip install {target}"


def _error(id_: str, title: str, remediation: str, actual: str, required: str | None = None) -> Finding:
    return Finding(
        id=id_,
        title=title,
        status=Status.ERROR,
        actual=actual,
        required=required,
        remediation=remediation,
        action=Action.ASK_OWNER,
    )


def _is_old(capability: str) -> bool:
    return version_of(capability) < _CUDA_13_CAPABILITY


def _version(driver: Driver | None) -> str:
    return (driver.version if driver is not None else None) or "of an unknown version"
