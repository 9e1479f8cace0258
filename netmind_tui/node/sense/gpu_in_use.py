"""How much of each GPU others use: their memory, and their share of its time.

Processes are listed only when the card says that something may have changed, because listing them is the dearest
question there is. Where they are hidden (a container, WSL) it is the memory in use less our own.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from netmind_tui.model.device import DeviceUser
from netmind_tui.model.policy import Guard
from netmind_tui.model.quantity import gibibytes
from netmind_tui.model.reading import ABSENCE_SENTENCES, Absence, Reading
from netmind_tui.model.sample import DeviceSample
from netmind_tui.model.situation import DeviceFact
from netmind_tui.node.sense.sensed import Sensed, absent
from netmind_tui.probe.process_list import ProcessList, known_as

COMPOSITORS = known_as(
    (
        *("Xorg", "X", "Xwayland", "gnome-shell", "kwin_wayland", "kwin_x11", "plasmashell", "mutter", "cinnamon"),
        *("muffin", "xfwm4", "marco", "budgie-wm", "sway", "Hyprland", "weston", "wayfire", "niri", "river", "labwc"),
        *("cosmic-comp", "picom", "compton", "enlightenment", "gala", "gamescope-session", "sddm-greeter", "gdm"),
        *("lightdm-gtk-greeter", "xdg-desktop-portal", "nvidia-persistenced"),
    )
)
"""Programs that use the card for as long as somebody may look at a screen, in use or not."""
_LONGEST_S = 10.0
_SOURCE, _HIDDEN_SOURCE = "nvml processes", "nvml memory less our own"
_NAMED = 3

AskUsers = Callable[[str], Reading[tuple[DeviceUser, ...]]]
Held = Callable[[str], int | None]
"""How many bytes of a device's memory our own work holds; ``None`` where that is not known."""


@dataclass(frozen=True, slots=True)
class _Asked:
    at_s: float
    memory_used_bytes: int | None
    works: bool
    users: Reading[tuple[DeviceUser, ...]]


class GpuUse:
    """Asks who uses each GPU, as seldom as it may.

    Args:
        ask: lists the users of a device by its UUID (``GpuProbe.users``).
        processes: names them, and knows our own.
        held: what our own work holds of a device's memory.
    """

    def __init__(self, ask: AskUsers, processes: ProcessList, held: Held = lambda _device: None) -> None:
        self._ask = ask
        self._processes = processes
        self._held = held
        self._asked: dict[str, _Asked] = {}

    def sense(
        self, guard: Guard, devices: Iterable[tuple[DeviceFact, DeviceSample | None]], at_s: float
    ) -> tuple[Sensed, ...]:
        """What others use of each of the devices: memory in bytes, and in a part of its own their share in per cent."""
        return tuple(sensed for fact, sample in devices for sensed in self._of(guard, fact, sample, at_s))

    def _of(self, guard: Guard, fact: DeviceFact, sample: DeviceSample | None, at_s: float) -> tuple[Sensed, ...]:
        if sample is None:
            return (Sensed(kind=guard.kind, device=fact.device, source=_SOURCE, unknown="the device is not listed"),)
        if sample.absent.get("memory_used_bytes") is Absence.ASLEEP:
            return (Sensed(kind=guard.kind, device=fact.device, value=0.0, words="asleep", source="kernel"),)
        users = self._users(guard, fact, sample, at_s)
        if users.value is not None and not self._are_hidden(users.value, fact, sample):
            return self._from_users(guard, fact, sample, users.value)
        return self._from_memory(guard, fact, sample, users.absence)

    def _users(
        self, guard: Guard, fact: DeviceFact, sample: DeviceSample, at_s: float
    ) -> Reading[tuple[DeviceUser, ...]]:
        before, uuid = self._asked.get(fact.device), fact.uuid or sample.uuid
        if uuid is None:
            return Reading(absence=Absence.NOT_SUPPORTED)
        is_busy = guard.util_pct is not None and (sample.gpu_util_pct or 0) >= guard.util_pct
        if (
            before is not None
            and at_s - before.at_s < _LONGEST_S
            and before.memory_used_bytes == sample.memory_used_bytes
            and before.works == fact.works
            and not is_busy
        ):
            return before.users
        try:
            users = self._ask(uuid)
        except LookupError:
            users = Reading(absence=Absence.LOST)
        self._asked[fact.device] = _Asked(at_s, sample.memory_used_bytes, fact.works, users)
        return users

    def _are_hidden(self, users: tuple[DeviceUser, ...], fact: DeviceFact, sample: DeviceSample) -> bool:
        """Whether the list cannot be all of it: numbers of another namespace, or memory that nobody on it holds."""
        if not self._processes.is_contained:
            return False
        if not fact.works and any(user.pid in self._processes.own() for user in users):
            return True  # a number that happens to be one of ours: nothing of ours works there
        if any(self._processes.find(user.pid) is None for user in users):
            return True
        return not users and (fact.works or (sample.memory_used_bytes or 0) > 0)

    def _from_users(
        self, guard: Guard, fact: DeviceFact, sample: DeviceSample, users: tuple[DeviceUser, ...]
    ) -> tuple[Sensed, ...]:
        own, ignored = self._processes.own(), COMPOSITORS | known_as(guard.ignore)
        others: list[DeviceUser] = []
        rest: list[DeviceUser] = []
        for user in users:
            process = self._processes.find(user.pid)
            is_left_out = user.pid in own or (process is not None and process.is_called(ignored))
            (rest if is_left_out else others).append(user)
        used = sum(user.memory_used_bytes or 0 for user in others)
        if any(user.memory_used_bytes is None for user in others):
            # The driver does not say by whom (WDDM): all that is used less what is known to be of the rest.
            known = sum(user.memory_used_bytes or 0 for user in rest)
            used = max(0, (sample.memory_used_bytes or 0) - known)
        names = [self._name(user.pid) for user in sorted(others, key=lambda user: -(user.memory_used_bytes or 0))]
        by = ", ".join(names[:_NAMED]) + (" …" if len(names) > _NAMED else "")
        words = f"{gibibytes(used)} held by {by}" if others else "nobody else on it"
        # An owner who limits the share alone leaves the memory free.
        memory = () if guard.limit is None else (self._memory(guard, fact, used, words, _SOURCE),)
        if guard.util_pct is None:
            return memory
        shares = [user.util_pct for user in others]
        if any(share is None for share in shares):
            return (*memory, *self._share_of_card(guard, fact, sample))
        share = sum(share or 0.0 for share in shares)
        return (
            *memory,
            self._share(guard, fact, share, f"{share:.0f} % used by {by}" if others else "nobody else on it"),
        )

    def _from_memory(
        self, guard: Guard, fact: DeviceFact, sample: DeviceSample, absence: Absence | None
    ) -> tuple[Sensed, ...]:
        if guard.limit is None:
            return self._share_of_card(guard, fact, sample)
        why = ABSENCE_SENTENCES[absence] if absence is not None else self._processes.blind or "in a container"
        own = self._held(fact.device)
        if own is None and not fact.works:
            own = 0
        if sample.memory_used_bytes is None:
            reason = sample.absent.get("memory_used_bytes")
            return (absent(guard.kind, "figure of its memory in use", reason, _HIDDEN_SOURCE, fact.device),)
        if own is None:
            unknown = f"who uses it is hidden ({why}), and our own memory cannot be told from that of others"
            return (Sensed(kind=guard.kind, device=fact.device, source=_HIDDEN_SOURCE, unknown=unknown),)
        used = max(0, sample.memory_used_bytes - own)
        words = f"{gibibytes(used)} in use beside our own, by whom is hidden"
        memory = self._memory(guard, fact, used, words, _HIDDEN_SOURCE)
        return (memory, *(self._share_of_card(guard, fact, sample) if guard.util_pct is not None else ()))

    def _share_of_card(self, guard: Guard, fact: DeviceFact, sample: DeviceSample) -> tuple[Sensed, ...]:
        """The card's own utilisation stands for that of others while nothing of ours works there; else nothing does.

        Beside a limit of memory, which is watched all the same. Where the share is all that is limited it would be
        blind for as long as we work, so that it is blind from the first.
        """
        if guard.limit is None:
            unknown = "the driver does not tell whose the use of it is; limit the memory too"
            return (Sensed(kind=guard.kind, device=fact.device, source=_SOURCE, part="utilisation", unknown=unknown),)
        if fact.works or sample.gpu_util_pct is None:
            return ()
        return (self._share(guard, fact, float(sample.gpu_util_pct), f"{sample.gpu_util_pct} % used"),)

    @staticmethod
    def _memory(guard: Guard, fact: DeviceFact, used: int, words: str, source: str) -> Sensed:
        return Sensed(kind=guard.kind, device=fact.device, value=float(used), words=words, source=source)

    @staticmethod
    def _share(guard: Guard, fact: DeviceFact, share: float, words: str) -> Sensed:
        return Sensed(
            kind=guard.kind,
            device=fact.device,
            value=share,
            words=words,
            source=_SOURCE,
            part="utilisation",
            limit=guard.util_pct,
        )

    def _name(self, pid: int) -> str:
        process = self._processes.find(pid)
        return f"process {pid}" if process is None else process.name
