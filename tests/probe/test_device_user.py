import pytest

from netmind_tui.model.device import DeviceUser
from netmind_tui.model.reading import Absence, Reading
from netmind_tui.probe.device_user import users
from netmind_tui.probe.reader import Refused

MIB = 2**20


class Answer:
    """A structure of NVML's."""

    def __init__(self, **members):
        self.__dict__.update(members)


def asked(answers):
    """A call that gives these answers by name; a number is a refusal."""

    def call(symbol, *_):
        answer = answers.get(symbol, 13)
        if isinstance(answer, int):
            raise Refused(answer)
        return answer

    return call


def test_what_computes_and_what_draws_are_both_told_with_their_shares(open_probe):
    probe = open_probe("busy", drawing_pid=77, drawing_mib=310, busy_pct=64, drawing_pct=3)
    found = probe.users(probe.devices()[0].uuid)
    assert found == Reading(
        (
            DeviceUser(pid=4242, memory_used_bytes=60000 * MIB, util_pct=64.0),
            DeviceUser(pid=77, memory_used_bytes=310 * MIB, util_pct=3.0),
        )
    )


def test_without_shares_the_users_are_still_told(open_probe):
    probe = open_probe("busy", no_shares=1)
    found = probe.users(probe.devices()[0].uuid)
    assert found.value == (DeviceUser(pid=4242, memory_used_bytes=60000 * MIB),)


def test_a_card_that_nobody_uses_has_none(open_probe):
    probe = open_probe("h100x8", count=1)
    assert probe.users(probe.devices()[0].uuid) == Reading(())


def test_a_slice_is_asked_by_its_own_uuid(open_probe):
    probe = open_probe("mig")
    assert probe.users("MIG-5eed0000-0000-5000-8000-000000000001") == Reading(())


def test_under_wsl_users_are_hidden_and_that_is_said(open_probe):
    probe = open_probe("wsl", probe={"under_wsl": True})
    assert probe.users(probe.devices()[0].uuid) == Reading(absence=Absence.NOT_UNDER_WSL)


def test_a_device_that_is_not_there_is_no_answer(open_probe):
    with pytest.raises(LookupError, match="GPU-other"):
        open_probe("busy").users("GPU-other")


def test_one_that_computes_and_draws_holds_its_memory_once():
    both = asked(
        {
            "nvmlDeviceGetComputeRunningProcesses_v3": [Answer(pid=5, usedGpuMemory=900)],
            "nvmlDeviceGetGraphicsRunningProcesses_v3": [Answer(pid=5, usedGpuMemory=1000)],
        }
    )
    assert users(both, 0, 0)[0] == [(5, 1000, None)]


def test_an_older_driver_is_asked_the_way_it_knows():
    older = asked(
        {
            "nvmlDeviceGetComputeRunningProcesses_v2": [Answer(pid=5, usedGpuMemory=None)],
            "nvmlDeviceGetGraphicsRunningProcesses_v2": [],
        }
    )
    assert users(older, 0, 0)[0] == [(5, None, None)]


@pytest.mark.parametrize("nothing", [0, 6])
def test_no_new_samples_are_no_use_at_all(nothing):
    quiet = asked(
        {
            "nvmlDeviceGetComputeRunningProcesses_v3": [Answer(pid=5, usedGpuMemory=9)],
            "nvmlDeviceGetGraphicsRunningProcesses_v3": [],
            "nvmlDeviceGetProcessUtilization": nothing,
        }
    )
    assert users(quiet, 0, 123) == ([(5, 9, 0.0)], 123)


def test_a_share_is_the_mean_of_what_is_new_and_not_of_long_ago():
    samples = [
        Answer(pid=5, timeStamp=at, smUtil=share) for at, share in ((1_000, 100), (9_000_000, 20), (9_500_000, 40))
    ]
    busy = asked(
        {
            "nvmlDeviceGetComputeRunningProcesses_v3": [Answer(pid=5, usedGpuMemory=9)],
            "nvmlDeviceGetGraphicsRunningProcesses_v3": [],
            "nvmlDeviceGetProcessUtilization": samples,
        }
    )
    assert users(busy, 0, 0) == ([(5, 9, 30.0)], 9_500_000)
    assert users(busy, 0, 9_200_000) == ([(5, 9, 40.0)], 9_500_000)
