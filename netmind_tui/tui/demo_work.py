"""The work of the machine that does not exist: what is defined, how it stands on each card, and what it writes."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from netmind_tui.model.contribution import Contribution, Rung
from netmind_tui.model.decision import Decision
from netmind_tui.model.event import Event, EventKind
from netmind_tui.model.metering import EnergyMethod
from netmind_tui.model.workload import InstanceStatus, WorkloadsStatus, WorkloadStatus, WorkState
from netmind_tui.tui import demo_money
from netmind_tui.tui.demo_story import CARDS, specials

Facts = dict[str, str | int | float | bool | None]
BOINC, LLM = "boinc", "llm"
NAMES = (LLM, BOINC)
FAILING, SERVING, UNUSED = "gpu:6", "gpu:3", "gpu:7"
_PIDS = {"gpu:0": 40211, "gpu:1": 40212, "gpu:2": 40213, "gpu:4": 40215, "gpu:5": 40216, FAILING: 40217}
_LLM_PID = 51870
_HOLDS = "cgroup v2"
_FAILURES, _LAST_TRY, _NEXT_TRY = 4, timedelta(minutes=3, seconds=20), timedelta(minutes=6, seconds=40)
_CRASHED = (
    "llama_model_load: loading model 'llama-70b-q4.gguf'",
    "ggml_backend_cuda_buffer_type_alloc_buffer: allocating 38020.13 MiB on device 0: cudaMalloc failed: out of memory",
    "main: error: unable to load model",
)
_PROMPTS = (
    "prompt eval time = 212.40 ms / 412 tokens",
    "eval time = 3841.07 ms / 187 tokens (48.69 tokens per second)",
    "prompt truncated to 4096 tokens",
    "all slots are idle",
)
_LINES, _EVERY_S = 120, 41
_IDLE_W = 21.0


def workloads(decisions: Iterable[Decision], held: frozenset[str], now: datetime, began: datetime) -> WorkloadsStatus:
    """How both stand, as follows from what is decided for each card."""
    found = {each.device: each for each in decisions}
    served = tuple(_llm(found[name], held, now, began) for name in (SERVING, FAILING) if name in found)
    shared = tuple(_boinc(each, held, now, began) for each in found.values())
    podman = "podman ghcr.io/ggml-org/llama.cpp serve --model llama-70b-q4.gguf"
    return WorkloadsStatus(
        path="workloads.toml (simulated)",
        workloads=(
            WorkloadStatus(name=LLM, command=podman, is_held=LLM in held, instances=served),
            WorkloadStatus(name=BOINC, command="boinc --dir boinc", is_held=BOINC in held, instances=shared),
        ),
    )


def works_on(device: str, held: frozenset[str]) -> str | None:
    """The workload that a card has while it may work: the first that can."""
    if device == SERVING and LLM not in held:
        return LLM
    return BOINC if BOINC not in held and device != UNUSED else None


def cards(now: datetime) -> tuple[demo_money.Card, ...]:
    """What each card draws, and what it worked and drew today."""
    return tuple(
        demo_money.Card(
            device=device,
            power_w=_load_w(place),
            idle_w=_IDLE_W + place % 3,
            worked_s=0.0 if device == UNUSED else _sums(place, now)[0],
            energy_j=0.0 if device == UNUSED else _sums(place, now)[1],
        )
        for place, device in enumerate(CARDS)
    )


def waits(device: str, held: frozenset[str]) -> str | None:
    """Why a card has no work although it may."""
    return None if works_on(device, held) is not None else f"{BOINC} was stopped by you"


def log_of(name: str, key: str, now: datetime) -> tuple[str, ...]:
    """What an instance wrote last."""
    if name == LLM and key.endswith(FAILING):
        return tuple(f"{_clock(now - _LAST_TRY)} {each}" for _ in range(_FAILURES) for each in _CRASHED)
    lines = []
    newest = int(now.timestamp()) // _EVERY_S
    for turn in range(newest - _LINES, newest + 1):
        at = _clock(datetime.fromtimestamp(turn * _EVERY_S, now.tzinfo))
        if name == LLM:
            lines.append(f"{at} slot {turn % 4} | {_PROMPTS[turn % len(_PROMPTS)]}")
        else:
            task = f"LATeah{turn // 2 % 9000:04}F_{turn % 97}_0"
            lines.append(f"{at} [Einstein@Home] {'Starting' if turn % 2 else 'Computation finished for'} task {task}")
    return tuple(lines)


def events(now: datetime) -> list[Event]:
    """What happened to the work lately, beside what was decided; without numbers yet."""
    found = [
        _event(at, EventKind.WORK_ENDED, FAILING, _crash(), {"how": "crashed", "exit": 1, "last": "\n".join(_CRASHED)})
        for at in (now - _LAST_TRY - timedelta(minutes=minutes) for minutes in (11, 6, 3, 0))
    ]
    for device in CARDS:
        own, lost = [each for each in specials(device, now) if each.code == "gpu-in-use"], specials(device, now)
        for each in own:
            words = f"the memory of {device} is yours again, 2.1 s after {BOINC} was to give it back"
            data: Facts = {"workload": BOINC, "seconds": 2.1}
            found.append(_event(each.start + timedelta(seconds=2), EventKind.MEMORY_FREED, device, words, data))
        for each in lost:
            if each.state is Contribution.LOST:
                words = f"{BOINC} was killed on {device} after 9 h 20 min"
                data = {"workload": BOINC, "how": "killed", "lasted_s": 33600.0}
                found.append(_event(each.start + timedelta(seconds=1), EventKind.WORK_ENDED, device, words, data))
            if each.end < now and len(lost) == 1:
                words = f"{BOINC} was started on {device}"
                found.append(_event(each.end, EventKind.WORK_STARTED, device, words, {"workload": BOINC}))
    return found


def _crash() -> str:
    return f"{LLM} crashed on {FAILING} after 8 s (exit 1): {_CRASHED[-1]}; it is started again after a while"


def _event(at: datetime, kind: EventKind, device: str, sentence: str, data: Facts) -> Event:
    written = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return Event(at=written, kind=kind, device=device, sentence=sentence, data={"workload": LLM, **data})


def _boinc(each: Decision, held: frozenset[str], now: datetime, began: datetime) -> InstanceStatus:
    device = each.device
    freed = 2.1 if device == "gpu:0" else None
    if works_on(device, held) != BOINC:
        why = "paused by you" if device == UNUSED and each.rung is not Rung.RUN else f"{LLM} comes first on {device}"
        return InstanceStatus(key=f"{BOINC}@{device}", devices=(device,), waits=None if BOINC in held else why)
    sums = _sums(CARDS.index(device), now)
    return _stands(each, BOINC, _PIDS.get(device), began - timedelta(hours=7.1), sums, freed, now)


def _llm(each: Decision, held: frozenset[str], now: datetime, began: datetime) -> InstanceStatus:
    device = each.device
    if device == FAILING:
        return InstanceStatus(
            key=f"{LLM}@{device}",
            devices=(device,),
            waits=None if LLM in held else f"{LLM} crashed {_FAILURES} times (exit 1), tried again after 10 min",
            until=None if LLM in held else now.replace(second=0, microsecond=0) + _NEXT_TRY,
            failures=_FAILURES,
            exit_code=1,
            lines=_CRASHED,
            metered_s=31.0,
            energy_absent="too short for the card's counter",
            restarts=_FAILURES,
        )
    if LLM in held:
        return InstanceStatus(key=f"{LLM}@{device}", devices=(device,))
    return _stands(each, LLM, _LLM_PID, began - timedelta(hours=2.4), _sums(3, now), None, now)


def _stands(
    each: Decision,
    name: str,
    pid: int | None,
    since: datetime,
    sums: tuple[float, float],
    freed_s: float | None,
    now: datetime,
) -> InstanceStatus:
    """An instance where its card has it work, stand still, or be gone."""
    runs = each.state in (Contribution.CONTRIBUTING, Contribution.DRAINING)
    state = WorkState.RUNNING if runs else WorkState.SUSPENDED if each.rung is Rung.SUSPEND else WorkState.NONE
    is_there = state is not WorkState.NONE
    return InstanceStatus(
        key=f"{name}@{each.device}",
        devices=(each.device,),
        state=state,
        pid=pid if is_there else None,
        since=since if is_there else None,
        waits=None if is_there else each.reason.sentence,
        until=None if is_there else each.until,
        limited_by=_HOLDS if is_there else None,
        freed_s=freed_s,
        metered_s=sums[0],
        energy_j=sums[1],
        energy_method=EnergyMethod.NVML_ENERGY,
        cpu_s=0.04 * (now - since).total_seconds() if is_there else None,
        restarts=0,
    )


def _sums(number: int, now: datetime) -> tuple[float, float]:
    """What a card worked today, and drew for it."""
    seconds = 0.78 * (now.hour * 3600 + now.minute * 60)
    return seconds, seconds * _load_w(number)


def _load_w(number: int) -> float:
    """What a card draws under load."""
    return 372.0 + 6 * number


def _clock(moment: datetime) -> str:
    return f"{moment:%d-%b-%Y %H:%M:%S}"


def in_order(found: Sequence[Event]) -> tuple[Event, ...]:
    """Events by their moments."""
    return tuple(sorted(found, key=lambda each: each.at))
