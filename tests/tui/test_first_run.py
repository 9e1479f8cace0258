from dataclasses import replace

import pytest

from netmind_tui.document import decode
from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.doctor import Diagnosis, Setup
from netmind_tui.model.finding import Action, Status
from netmind_tui.model.info import Tool
from netmind_tui.model.kernel import Phase
from netmind_tui.model.measurement import Run
from netmind_tui.model.summary import Power, Summary
from netmind_tui.tui.action import read_keymap
from netmind_tui.tui.app import NetmindApp
from netmind_tui.tui.bench_plan import Plan, Planned
from netmind_tui.tui.bench_state import JobStarted, PlansMade
from netmind_tui.tui.first_run_page import STEPS, FirstRun
from netmind_tui.tui.first_run_power import draws
from netmind_tui.tui.first_run_state import Answered, Began, Remembered, Stepped, reduce_first_run
from netmind_tui.tui.glyph import ASCII
from netmind_tui.tui.message import Examined, Went
from netmind_tui.tui.screen import first_run as screen
from netmind_tui.tui.screen.bench_part import chosen_devices
from netmind_tui.tui.settings_state import Settings, read_settings
from netmind_tui.tui.skin import choose_skin
from netmind_tui.tui.state import State, View, reduce

SIZES = [(60, 20), (80, 24), (100, 30)]
PRICED = (Answered("electricity.price_per_kwh", "0.30 EUR"), Answered("electricity.fee_pct", "10"))
FILE = "/home/me/.config/netmind/config.toml"


def plans_for(state):
    """The quick suite as it is planned for every device."""
    devices = chosen_devices(state)
    step = Planned(kernel="gemm.fp32", device=devices[0], unit="FLOP/s", expected_s=35.5)
    quick = Plan(suite="quick", title="", seed=0, certified="burst", expected_s=35.5, steps=(step,))
    return PlansMade(devices, (replace(quick, suite="preflight"), quick))


def missing_cuda(state):
    """What the doctor says about a machine whose GPUs nothing is installed for."""
    setup = Setup(
        reason="CUDA libraries for driver 591.44 are missing",
        command="pip install '.[cuda]'",
        extra="cuda",
        download_bytes=858_000_000,
    )
    return Examined(
        Diagnosis(
            generated_at="2026-11-22T14:42:31.000Z",
            tool=Tool(name="netmind", version="0.1.0"),
            findings=state.machine_findings,
            verdict=Status.PASS,
            action=Action.NONE,
            setup=setup,
        )
    )


def at(state, step, *messages):
    """The first run of that machine at one of its questions."""
    shown = replace(read_settings({}).shown, path=FILE)
    state = replace(state, settings=Settings(shown=shown), view=View(screen="first run"))
    for message in (Began(), Stepped(STEPS.index(step)), *messages):
        state = reduce(state, message)
    return state


@pytest.fixture(autouse=True)
def file(own_file):
    """Where the configuration of these tests is; none is there yet."""
    return own_file


# What is shown.


@pytest.mark.parametrize(("cells", "rows"), SIZES)
@pytest.mark.parametrize("step", STEPS)
def test_each_question_on_a_desktop(golden, show, one, step, cells, rows):
    state = at(one, step, plans_for(one), *PRICED)
    golden(f"first-run-{step}-{cells}x{rows}", show(state, cells, rows))


@pytest.mark.parametrize(("cells", "rows"), SIZES)
@pytest.mark.parametrize("step", ["machine", "electricity"])
def test_equal_devices_are_one_line(golden, show, eight, step, cells, rows):
    golden(f"first-run-{step}-eight-{cells}x{rows}", show(at(eight, step, *PRICED), cells, rows))


def test_plain_signs(golden, show, one):
    golden("first-run-machine-80x24-ascii", show(at(one, "machine"), 80, 24, ascii=True))


@pytest.mark.parametrize(("cells", "rows"), SIZES)
def test_what_is_missing_is_told_with_its_download(golden, show, one, cells, rows):
    state = at(one, "machine", missing_cuda(one))
    golden(f"first-run-setup-{cells}x{rows}", show(state, cells, rows))


def test_a_machine_without_a_gpu(golden, show, none):
    golden("first-run-machine-none-80x24", show(at(none, "machine"), 80, 24))


@pytest.mark.parametrize("cells", [60, 80, 100])
@pytest.mark.parametrize("step", STEPS)
def test_the_answers_are_never_cut(show, lost, step, cells):
    troubled = replace(lost, machine_findings=lost.machine_findings * 8)
    state = at(troubled, step, missing_cuda(troubled))
    for rows in (20, 24):
        lines = show(state, cells, rows)
        for choice in screen.choices(state):
            assert any(choice.word in line for line in lines), choice.word
        assert step != "machine" or any("smooth hill" in line for line in lines)


def test_before_the_machine_was_looked_at(show, no_data):
    assert any("looking at the machine" in line for line in show(at(no_data, "machine"), 80, 24))
    assert any("duration" in line for line in show(at(no_data, "benchmark"), 80, 24))


def test_each_question_has_its_command(one):
    twins = [screen.twin(at(one, step, *PRICED)) for step in STEPS]
    assert twins[:3] == [
        "netmind doctor",
        "netmind bench",
        "netmind config set electricity.price_per_kwh '0.30 EUR'",
    ]
    assert twins[3] == "netmind config set schedule.preset never"


# What is known.


def a_device(name="gpu:0", **changes):
    return Device(**({"id": name, "kind": DeviceKind.GPU, "name": "A", "uuid": f"GPU-{name[-1] * 8}"} | changes))


def test_power_is_declared_or_measured_or_at_most_its_limit(made):
    devices = [a_device("gpu:0", power_limit_w=300.0), a_device("gpu:1", power_limit_w=300.0), a_device("gpu:2")]
    found = draws(devices, None, {"gpu:0": 250.0, "GPU-1": 280.0}, "0.30 EUR", None)

    assert [(draw.watts, draw.known) for draw in found] == [
        (250.0, "declared"),
        (280.0, "declared"),
        (None, "known once measured"),
    ]
    assert draws(devices[:2], None, {}, None, None)[1].known == "at most, its limit"


def test_a_kept_run_knows_what_a_device_draws(request):
    path = request.config.rootpath / "tests/recordings/quick_cpu.json"
    run = decode(path.read_bytes(), Run)
    device = run.devices[0]
    power = Power(draw_w=65.0, kernel="gemm.fp32", phase=Phase.BURST, method="rapl")
    run = replace(run, summaries=(Summary(device=device.id, measured=1, unstable=0, power=power),))

    drawn = draws([device], run, {}, "0.30 EUR", "10")[0]
    assert drawn.known == "measured"
    assert drawn.cost.floor_an_hour.amount > drawn.cost.an_hour.amount > 0
    assert draws([replace(device, name="another")], run, {}, None, None)[0].known == "known once measured"


def test_answers_are_kept_and_can_be_taken_back():
    state = reduce_first_run(FirstRun(), Answered("payer.name", "Example"))
    assert state.to_write == {"schedule.preset": "never", "payer.name": "Example"}
    assert reduce_first_run(state, Answered("payer.name", "")).to_write == {"schedule.preset": "never"}
    assert reduce_first_run(reduce_first_run(state, Stepped(9)), Began()) == FirstRun()
    assert reduce_first_run(FirstRun(), Stepped(-1)).step == 0


# What is done.


class FakeDesk:
    """Benchmarks that only are begun."""

    is_measuring = False

    def __init__(self, state):
        self.state, self.answers, self.started = state, [plans_for(state)], []

    def follow(self, bench, devices, *, all_devices): ...

    def news(self):
        answers, self.answers = self.answers, []
        return answers

    def start(self, plan, _devices):
        self.started.append(plan.suite)
        self.answers.append(JobStarted(plan))

    def end(self): ...


@pytest.fixture
def opened(still_feed):
    """From a machine to the app as it meets somebody for the first time."""

    def app_on(machine):
        state = replace(machine, settings=read_settings({}), view=View(screen="first run"))
        skin = choose_skin(None, ascii_only=False, has_colours=True)
        app = NetmindApp(still_feed(machine), skin, read_keymap({}), state=state)
        app.bench = FakeDesk(state)
        return app

    return app_on


def test_every_question_passed_over_writes_a_schedule_of_never(file, one, played, opened):
    app, seen = opened(one), []
    played(app, "enter", "down enter", "down down enter", "enter", lambda: seen.append(file.exists()), "enter")

    assert seen == [False]
    assert file.read_text() == '[schedule]\npreset = "never"\n'
    assert app.state.view.screen == "overview"
    assert app.state.said.sentence.startswith("written: ")
    assert "Next: " in app.state.said.sentence


def test_who_lets_it_work_is_told_how_an_agent_and_work_begin(file, one, played, opened):
    app = opened(one)
    played(app, "enter", "down enter", "down down enter", "down enter", "enter")
    assert "Next: netmind agent run" in app.state.said.sentence
    assert "netmind workload add netmind-selftest" in app.state.said.sentence


def test_every_answer_is_written_at_once_at_the_end(file, one, played, opened):
    app, seen = opened(one), []
    played(
        app, "enter", "down enter",
        "enter", "0 . 3 space E U R", "enter", "down enter", "1 0", "enter", "down enter",
        "down enter",
        "down enter", "M e", lambda: seen.append(file.exists()), "enter",
    )  # fmt: skip

    assert seen == [False]
    assert file.read_text() == (
        '[schedule]\npreset = "nights"\n\n[electricity]\nprice_per_kwh = "0.3 EUR"\nfee_pct = 10\n\n'
        '[payer]\nname = "Me"\n'
    )
    assert app.state.settings.config.payer == "Me"


def test_a_price_shows_the_floor_at_once(one, show):
    state = at(one, "electricity", *PRICED)
    gpu = next(line for line in show(state, 100, 30) if line.strip("│ ").startswith("gpu:0"))
    # 200 W × 0.30 EUR ÷ 0.9
    assert "0.0600 EUR/h" in gpu
    assert "0.0667 EUR/h" in gpu
    assert "at most, its limit" in gpu


def test_a_price_without_its_currency_says_what_that_means(one, show):
    state = at(one, "electricity", Answered("electricity.price_per_kwh", "0.30"))
    words = " ".join(" ".join(line.strip("│ ") for line in show(state, 80, 24)).split())
    assert "Without its currency nothing can be booked by it: say 0.30 EUR, or yours." in words
    named = at(one, "electricity", *PRICED)
    assert not any("Without its currency" in line for line in show(named, 80, 24))


def test_escape_skips_all_and_writes_nothing(file, one, played, opened):
    app = opened(one)
    played(app, "enter", "enter", "escape")

    assert app.state.view.screen == "overview"
    assert "nothing was written" in app.state.said.sentence
    assert not file.exists()


def test_left_goes_back_to_the_question_before(one, played, opened):
    app = opened(one)
    played(app, "enter", "down enter", lambda: None, "left")
    assert app.state.first_run.name == "benchmark"


def test_signs_that_do_not_look_like_a_hill_are_replaced_at_once(file, one, played, opened):
    app = opened(one)
    played(app, "down enter", "down enter", "down down enter", "enter", "enter")

    assert app.skin.glyphs is ASCII
    assert 'signs = "ascii"' in file.read_text()


def test_a_quick_benchmark_begins_and_the_questions_go_on(one, played, opened):
    app = opened(one)
    played(app, "enter", "enter")

    assert app.bench.started == ["quick"]
    assert app.state.bench.job is not None
    assert app.state.first_run.name == "electricity"
    assert app.state.view.screen == "first run"


def test_a_benchmark_without_a_plan_waits_for_it(one, played, opened):
    app = opened(one)
    app.bench.answers.clear()
    played(app, "enter", "enter")

    assert app.state.first_run.name == "benchmark"
    assert "a moment" in app.state.said.sentence


def test_what_cannot_be_written_is_said_and_can_be_tried_again(file, one, played, opened):
    file.parent.parent.mkdir(parents=True)
    file.parent.write_text("in the way")
    app = opened(one)
    played(app, "enter", "down enter", "down down enter", "enter", "enter")

    assert app.state.view.screen == "first run"
    assert app.state.said.status == "error"
    assert "config.toml" in app.state.said.sentence


def test_it_can_be_asked_for_again_and_begins_anew(file, one, played, opened):
    app = opened(one)
    played(app, "enter", "1", lambda: app.perform("setup again"))

    assert app.state.view.screen == "first run"
    assert app.state.first_run == FirstRun()


def test_it_is_never_asked_where_nothing_may_be_changed(one, played, opened):
    app = opened(one)
    app.state = replace(app.state, view=View(read_only=True))
    played(app, lambda: app.perform("setup again"))
    assert app.state.view.screen == "overview"


def test_the_last_run_is_remembered(one, request):
    run = decode((request.config.rootpath / "tests/recordings/quick_cpu.json").read_bytes(), Run)
    assert reduce(one, Remembered(run)).first_run.measured is run


def test_the_screen_is_one_of_all(no_data):
    assert reduce(no_data, Went("first run")).view.screen == "first run"
    assert State().first_run == FirstRun()
