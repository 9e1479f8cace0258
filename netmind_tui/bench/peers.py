"""Equal devices of one machine held against each other: the one that is worse than the rest stands out."""

from collections.abc import Iterable, Iterator, Sequence
from statistics import median

from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.finding import Action, Finding, Status
from netmind_tui.model.measurement import Measurement, Sharing
from netmind_tui.model.quantity import percent, quantity

UNDER = 0.05
"""A device whose rate lies more than this share under the median of its equals is a finding."""


def peer_findings(measurements: Sequence[Measurement], devices: Iterable[Device]) -> tuple[Finding, ...]:
    """One finding for each device that some kernel shows to be slower than its equals, worst kernel first.

    A device counts as slower where its whole interval lies under the limit: noise alone convicts nobody.
    """
    known = {device.id: device for device in devices if device.kind is not DeviceKind.CPU}
    slow: dict[str, list[tuple[float, str]]] = {}
    peers: dict[str, int] = {}
    for rows in _equals(measurements, known):
        for m in rows:
            others = [_rate(other) for other in rows if other is not m]
            share = _best_rate(m) / median(others)
            if share < 1 - UNDER:
                own = _rate(m) / median(others)
                middle = median(other.value for other in rows if other is not m and other.value is not None)
                words = f"{m.kernel} {quantity(m.value, m.unit)}, {percent(1 - own)} under {quantity(middle, m.unit)}"
                slow.setdefault(m.device, []).append((own, words))
                peers[m.device] = max(peers.get(m.device, 0), len(others))
    return tuple(_finding(known[device], sorted(kernels), peers[device]) for device, kernels in slow.items())


def sharing(together: Sequence[Measurement], alone: Sequence[Measurement]) -> tuple[Sharing, ...]:
    """What each device keeps of its rate while the others work too."""
    rates = {(m.kernel, m.device): m for m in together if m.value is not None}
    found = []
    for m in alone:
        other = rates.get((m.kernel, m.device))
        if m.value is None or other is None or other.value is None:
            continue
        found.append(
            Sharing(
                device=m.device,
                kernel=m.kernel,
                unit=m.unit,
                together=other.value,
                alone=m.value,
                ratio=_rate(other) / _rate(m),
            )
        )
    return tuple(found)


def _equals(measurements: Sequence[Measurement], known: dict[str, Device]) -> Iterator[list[Measurement]]:
    """Groups of one kernel's rows on at least two devices of the same model, size and form."""
    groups: dict[tuple[object, ...], list[Measurement]] = {}
    for m in measurements:
        device = known.get(m.device)
        if device is None or not m.value or m.status not in (Status.PASS, Status.WARN, Status.UNSTABLE):
            continue
        key = (m.kernel, device.kind, device.name, device.memory_total_bytes, tuple(sorted(m.shape.items())))
        groups.setdefault(key, []).append(m)
    yield from (rows for rows in groups.values() if len(rows) > 1)


def _rate(m: Measurement) -> float:
    """More is better, for a latency too."""
    assert m.value is not None  # noqa: S101 - rows without a value were left out
    return 1 / m.value if m.unit == "s" else m.value


def _best_rate(m: Measurement) -> float:
    """The end of the interval that speaks for the device."""
    if m.ci95 is None:
        return _rate(m)
    low, high = m.ci95
    return 1 / low if m.unit == "s" and low > 0 else high


def _finding(device: Device, kernels: list[tuple[float, str]], peers: int) -> Finding:
    words = [each for _, each in kernels]
    equals = "its equal" if peers == 1 else f"its {peers} equals"
    return Finding(
        id="slower-than-peers",
        title=f"{device.id} is slower than {equals} on this machine",
        status=Status.WARN,
        actual="; ".join(words),
        required=f"at most {percent(UNDER)} under the median of equal devices",
        operator=">=",
        evidence=device.uuid,
        purpose="equal devices under the same load differ by less; the one that does not is cooled, fed or wired worse",
        remediation=(
            f"compare temperature, power limit, clocks and PCIe link of {device.id} with the others "
            "(`netmind info`, `netmind doctor`), then measure again"
        ),
        action=Action.ASK_OWNER,
        device=device.id,
    )
