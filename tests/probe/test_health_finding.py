"""What is wrong with a GPU that answers: the stub's worn cards, behind the real binding."""

from dataclasses import replace

import pytest

from netmind_tui.model.device import Device, DeviceHealth, DeviceKind
from netmind_tui.model.finding import Action, Status
from netmind_tui.model.reading import Absence
from netmind_tui.model.sample import DeviceSample
from netmind_tui.probe.finding_health import health_findings


@pytest.fixture
def findings_of(open_probe):
    """The findings of GPU 0 of a machine, and of its other GPUs."""

    def find(scenario, **overrides):
        probe = open_probe(scenario, **overrides)
        triples = zip(probe.devices(), probe.health(), probe.sample(), strict=True)
        first, *others = [health_findings(*each) for each in triples]
        return first, [finding for findings in others for finding in findings]

    return find


@pytest.mark.parametrize(
    ("wear", "id_", "status", "action", "step"),
    [
        ({"uncorrected": 3}, "ecc-uncorrected", Status.FAIL, Action.RESET, "--gpu-reset -i 0000:1b:00.0"),
        ({"remap_failed": 1}, "row-remapping-failed", Status.FAIL, Action.REPLACE, "warranty"),
        ({"remap_pending": 1}, "row-remapping-pending", Status.WARN, Action.RESET, "--gpu-reset -i 0000:1b:00.0"),
        ({"ecc_pending": 0}, "ecc-pending", Status.WARN, Action.RESET, "nvidia-smi -e 1 -i 0000:1b:00.0"),
        ({"ecc": 0}, "ecc-off", Status.WARN, Action.ASK_OWNER, "nvidia-smi -e 1 -i 0000:1b:00.0"),
        ({"recovery": 1}, "gpu-recovery", Status.FAIL, Action.RESET, "--gpu-reset"),
        ({"recovery": 2}, "gpu-recovery", Status.FAIL, Action.REBOOT, "reboot"),
        ({"recovery": 3}, "gpu-recovery", Status.FAIL, Action.DRAIN, "no new work that spans GPUs"),
        ({"recovery": 4}, "gpu-recovery", Status.WARN, Action.DRAIN, "no new work"),
        ({"recovery": 6}, "gpu-recovery", Status.FAIL, Action.RESET, "--gpu-reset"),
        ({"recovery": 99}, "gpu-recovery", Status.FAIL, Action.ASK_OWNER, "xid"),
        ({"pcie_width": 4}, "pcie-narrow", Status.WARN, Action.ASK_OWNER, "seat the card"),
        ({"power_limit_w": 350}, "power-limit-low", Status.WARN, Action.NONE, "nvidia-smi -pl 700 -i 0000:1b:00.0"),
        ({"reasons": 0x48}, "gpu-slowed", Status.FAIL, Action.WAIT, "fans"),
        ({"reasons": 0x88}, "gpu-power-brake", Status.FAIL, Action.ASK_OWNER, "power supply"),
        ({"reasons": 0x20}, "gpu-hot", Status.WARN, Action.WAIT, "cool"),
    ],
    ids=lambda value: "-".join(map(str, *value.items())) if isinstance(value, dict) else "",
)
def test_each_kind_of_wear_is_one_finding_that_is_gone_once_it_is_mended(findings_of, wear, id_, status, action, step):
    (finding,), others = findings_of("h100x8", count=2, **wear)
    assert (finding.id, finding.status, finding.action, finding.device) == (id_, status, action, "gpu:0")
    assert step in finding.remediation
    assert finding.title.startswith("gpu:0: ")
    assert "{" not in finding.remediation
    assert [other.id for other in others] == ["gpu-health"]

    (healthy,), _ = findings_of("h100x8", count=2)
    assert (healthy.id, healthy.status, healthy.action) == ("gpu-health", Status.PASS, Action.NONE)
    assert healthy.evidence == "ECC, no uncorrected error, no row to remap, no recovery action"


def test_a_worn_card_tells_of_everything_at_once_and_its_neighbour_is_well(findings_of):
    worn, others = findings_of("worn")
    assert {finding.id for finding in worn} == {
        "gpu-recovery",
        "ecc-uncorrected",
        "row-remapping-pending",
        "ecc-pending",
        "pcie-narrow",
        "gpu-slowed",
        "power-limit-low",
        "persistence-off",
    }
    assert [finding.id for finding in others] == ["gpu-health"]
    uncorrected = next(finding for finding in worn if finding.id == "ecc-uncorrected")
    assert (uncorrected.actual, uncorrected.required) == ("3", "0")
    assert "uncorrected ever: 7" in uncorrected.evidence


def test_errors_of_an_earlier_time_are_no_finding(findings_of):
    (finding,), _ = findings_of("h100x8", count=1, uncorrected_ever=9, corrected=100)
    assert finding.id == "gpu-health"


def test_persistence_mode_is_a_hint_and_for_the_cards_of_data_centres_alone(findings_of):
    findings, _ = findings_of("h100x8", count=1, persistence=0)
    assert [(each.id, each.status) for each in findings] == [
        ("gpu-health", Status.PASS),
        ("persistence-off", Status.PASS),
    ]
    desk = Device(id="gpu:0", kind=DeviceKind.GPU, name="NVIDIA GeForce RTX 4090", persistence_mode=False)
    assert [each.id for each in health_findings(desk, DeviceHealth(device="gpu:0"), None)] == ["gpu-health"]


@pytest.mark.parametrize("scenario", ["consumer", "wsl"])
def test_a_card_that_tells_little_is_in_order(findings_of, scenario):
    (finding,), _ = findings_of(scenario)
    assert (finding.id, finding.evidence) == ("gpu-health", None)


def test_an_old_card_retires_pages(findings_of):
    findings, _ = findings_of("ancient", retire_pending=1)
    assert [finding.id for finding in findings] == ["page-retirement-pending"]
    assert [finding.id for finding in findings_of("ancient")[0]] == ["gpu-health"]


def test_what_is_lost_or_asleep_is_not_looked_at(open_probe):
    probe = open_probe("falls-off-now")
    devices, healths = probe.devices(), probe.health()
    assert healths[5].absent["recovery_action"] is Absence.LOST
    assert health_findings(devices[5], healths[5], None) == ()
    assert health_findings(replace(devices[4], asleep=True), healths[4], None) == ()
    assert len(healths) == 8


def test_every_member_of_a_health_has_a_value_or_a_reason(open_probe):
    for scenario in ("h100x8", "consumer", "mig", "ancient", "worn", "falls-off-now"):
        for health in open_probe(scenario).health():
            names = set(DeviceHealth.__dataclass_fields__) - {"device", "absent"}
            assert {name for name in names if getattr(health, name) is None} == set(health.absent)


def test_rows_of_a_partitioned_card_are_not_told(open_probe):
    assert open_probe("mig").health()[0].absent["row_remapping_pending"] is Absence.UNDER_MIG


def test_a_link_that_idles_slowly_is_no_narrow_link():
    device = Device(id="gpu:0", kind=DeviceKind.GPU, pcie_width_max=16, pcie_generation_max=5)
    sample = DeviceSample(device="gpu:0", pcie_width=16, pcie_generation=1)
    assert [each.id for each in health_findings(device, DeviceHealth(device="gpu:0"), sample)] == ["gpu-health"]
