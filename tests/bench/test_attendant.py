"""A real worker, looked after while the machine around it changes."""

from dataclasses import replace
from time import monotonic

import psutil
import pytest

from netmind_tui.bench.attendant import AbandonedError, Attendant
from netmind_tui.bench.protocol import Begun, Outcome, Request
from netmind_tui.bench.senses import Senses
from netmind_tui.model.finding import Status
from netmind_tui.model.kernel import Phase, Provider, Window
from netmind_tui.model.measurement import Reason
from netmind_tui.model.reading import Absence
from netmind_tui.model.sample import DeviceSample, HostSample, Sample


@pytest.fixture
def attend(make_step, gpu, catalog, quick_rules):
    """Measure ``dispatch`` on the CPU as if it were a GPU's work, under samples that the test makes up."""
    attendants = []

    def attend(samples, *, rules=None, slowdown_c=90, silence_s=30.0):
        device = replace(gpu, temperature_slowdown_c=slowdown_c)
        kernel = catalog.kernel("dispatch")
        request = Request(
            kernel=kernel,
            variant=kernel.variants[0],
            provider=Provider.CPU,
            seed=7,
            default_seed=7,
            rules=rules or quick_rules(),
            threads=1,
            memory_limit_bytes=2**20,
        )
        heard = []
        senses = Senses(
            look=lambda _age_s: (monotonic(), samples(len(heard))), thermal_events=lambda: None, now=lambda: "now"
        )
        attendant = Attendant(device, senses, silence_s=silence_s, heard=heard.append)
        attendants.append(attendant)
        return attendant.measure(request, Phase.BURST), heard

    yield attend
    for attendant in attendants:
        attendant.close()


def sample(**metrics):
    return Sample(at="now", host=HostSample(), devices=(DeviceSample(device="gpu:0", **metrics),))


def endless(quick_rules):
    return replace(quick_rules(), burst=Window(min_s=600.0, cap_s=600.0))


def test_the_certified_phase_has_a_sample_at_each_edge(attend):
    (outcome, witness), heard = attend(lambda count: sample(temperature_c=40 + count % 2, energy_j=float(count)))
    assert isinstance(outcome, Outcome)
    assert witness.before is not None
    assert witness.after is not None
    assert [event.phase for event in heard if isinstance(event, Begun)] == [
        Phase.SETUP,
        Phase.COLD,
        Phase.VERIFY,
        Phase.WARM_UP,
        Phase.BURST,
        Phase.VERIFY,
    ]


def test_a_device_lost_under_way_is_left_at_once(attend, quick_rules):
    def lost(_count):
        return sample(absent={"temperature_c": Absence.LOST})

    with pytest.raises(AbandonedError) as raised:
        attend(lost, rules=endless(quick_rules))
    assert raised.value.because.id is Reason.DEVICE_LOST
    assert raised.value.device_gone
    assert not [child for child in psutil.Process().children() if "netmind_tui.bench.worker" in child.cmdline()]


def test_a_hot_device_ends_the_phase_and_keeps_what_was_measured(attend, quick_rules, make_step, host):
    from netmind_tui.bench.judge import judge  # noqa: PLC0415 - used by this test alone

    (outcome, witness), _ = attend(lambda _count: sample(temperature_c=88), rules=endless(quick_rules))
    assert witness.stopped_hot_c == 88
    measurement = judge(make_step("dispatch"), outcome, witness, host)
    assert measurement.status is Status.UNSTABLE
    assert measurement.value > 0
    assert Reason.STOPPED_HOT in {because.id for because in measurement.reasons}


def test_four_degrees_below_slowdown_is_not_hot(attend):
    (_, witness), _ = attend(lambda _count: sample(temperature_c=86))
    assert witness.stopped_hot_c is None
