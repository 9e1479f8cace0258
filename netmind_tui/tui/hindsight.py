"""What a recording alone tells of trouble: which devices stopped answering, and what the last sample says of the rest.

Whoever made the recording may have known more: a sample holds neither memory errors nor what was installed.
"""

from dataclasses import replace

from netmind_tui.model.device import Device, DeviceHealth, DeviceKind, Trouble
from netmind_tui.model.doctor import Diagnosis, Setup, first_action, ranked, verdict
from netmind_tui.model.finding import Finding, Status
from netmind_tui.model.info import Info
from netmind_tui.model.reading import Absence
from netmind_tui.model.recording import RecordingHeader
from netmind_tui.model.sample import DeviceSample, Sample
from netmind_tui.probe.finding import gpu_findings
from netmind_tui.probe.finding_health import health_findings


class Hindsight:
    """Looks at each sample as it is replayed."""

    def __init__(self, header: RecordingHeader) -> None:
        self._header = header
        self._sample: Sample | None = None
        self._lost_at: dict[str, str] = {}
        self._last: Diagnosis | None = None

    def see(self, sample: Sample) -> None:
        """Take in the next sample."""
        lost = [part.device for part in sample.devices if _is_lost(part)]
        self._lost_at = {device: self._lost_at.get(device, sample.at) for device in lost}
        self._sample = sample

    def devices(self) -> tuple[Device, ...]:
        """The devices of the recording as they were in the last sample: lost, asleep, or as they were described."""
        parts = {part.device: part for part in self._sample.devices} if self._sample is not None else {}
        return tuple(self._as_sampled(device, parts.get(device.id)) for device in self._header.devices)

    def info(self) -> Info:
        """The machine as the recording describes it."""
        devices = self.devices()
        return Info(
            generated_at=self._header.started_at,
            tool=self._header.tool,
            host=self._header.host,
            driver=self._header.driver,
            devices=devices,
            now=self._sample,
            findings=gpu_findings(self._header.driver, devices) if self._header.driver is not None else (),
        )

    def diagnosis(self) -> Diagnosis:
        """What the last sample shows; the same value as before for as long as nothing changed."""
        found = ranked(self._findings())
        if self._last is None or self._last.findings != found:
            self._last = Diagnosis(
                generated_at=self._header.started_at if self._sample is None else self._sample.at,
                tool=self._header.tool,
                findings=found,
                verdict=verdict(found),
                action=first_action(found),
                setup=Setup(reason="a recording does not say what is installed"),
            )
        return self._last

    def _findings(self) -> tuple[Finding, ...]:
        devices = self.devices()
        found = gpu_findings(self._header.driver, devices) if self._header.driver is not None else ()
        if self._sample is None:
            return found
        for part in self._sample.devices:
            device = next((each for each in devices if each.id == part.device), None)
            if device is None or device.kind is not DeviceKind.GPU:
                continue
            # That a GPU is in order is more than its samples can say.
            said = health_findings(device, DeviceHealth(device=device.id), part)
            found += tuple(finding for finding in said if finding.status is not Status.PASS)
        return found

    def _as_sampled(self, device: Device, part: DeviceSample | None) -> Device:
        if part is None:
            return device
        if device.id in self._lost_at and device.lost is None:
            since = self._lost_at[device.id][11:19]
            return replace(device, lost=f"has not answered since {since} UTC", trouble=Trouble.FAILED, asleep=False)
        if device.lost is not None and not _is_lost(part):
            return replace(device, lost=None, trouble=None)
        return replace(device, asleep=Absence.ASLEEP in part.absent.values())


def _is_lost(part: DeviceSample) -> bool:
    return Absence.LOST in part.absent.values()
