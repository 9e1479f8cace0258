"""Reads the metrics of one device, each of which may fail alone, and says why those that did are missing."""

from typing import Any, Protocol

from netmind_tui.model.reading import Absence
from netmind_tui.probe import trouble
from netmind_tui.probe.metric import Answer, Call, Metric

_SUCCESS = 0
_MOST_LINKS = 36
# What NVML stops reporting for a whole card while it is partitioned.
_GONE_UNDER_MIG = frozenset({"gpu_util_pct", "memory_util_pct", "nvlink_active_links"}) | {
    "remapped_rows_corrected",
    "remapped_rows_uncorrected",
    "row_remapping_pending",
    "row_remapping_failed",
}
# What depends on the card alone: WSL is not to blame when it is missing.
_OF_THE_CARD = frozenset({"ecc_enabled", "mig_enabled", "nvlink_active_links"})
# NVML's "no value" in an unsigned field.
_SENTINELS = (0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)
# The member of a field value's union, by its value type.
_FIELD_MEMBERS = ("dVal", "uiVal", "ulVal", "ullVal", "sllVal", "siVal", "usVal")

Handle = Answer
Reply = dict[str, Any]


class NvmlCall(Protocol):
    """Calls one of NVML's functions by name, or raises ``Refused``."""

    def __call__(self, symbol: str, *arguments: Answer) -> Answer:
        """Return what the function returns."""


class Refused(Exception):  # noqa: N818 - it is NVML's answer, and often an expected one
    """NVML answered with an error; ``code`` is its number."""

    def __init__(self, code: int) -> None:
        super().__init__(f"NVML error {code}")
        self.code = code


class MetricReader:
    """Reads the metrics of one device; each fails alone, and a loss ends the reading."""

    def __init__(self, call: NvmlCall, handle: Handle, *, under_mig: bool = False, under_wsl: bool = False) -> None:
        self.values: dict[str, Any] = {}
        self.refusals: dict[str, int] = {}
        self.lost: int | None = None
        self._call = call
        self._handle = handle
        self._under_mig = under_mig
        self._under_wsl = under_wsl
        self._fields: dict[int, Any] = {}

    def read(self, metrics: tuple[Metric, ...]) -> None:
        """Read every metric by the first of its calls that answers."""
        fields = dict.fromkeys(source for metric in metrics for source in metric.sources if isinstance(source, int))
        if fields:
            self._read_fields(list(fields))
        for metric in metrics:
            self._read_metric(metric)

    def count_links(self) -> None:
        """Count the NVLinks that are up; the first link that the card does not have ends the count."""
        active = 0
        for link in range(_MOST_LINKS):
            try:
                active += self._call("nvmlDeviceGetNvLinkState", self._handle, link)
            except Refused as refusal:
                if link == 0 or refusal.code in trouble.LOST:
                    self.refuse("nvlink_active_links", refusal.code)
                    return
                break
        self.values["nvlink_active_links"] = active

    def refuse(self, name: str, code: int) -> None:
        """Note that a metric was refused; a code that takes the whole device ends the reading."""
        self.refusals[name] = code
        self._notice(code)

    def reply(self) -> Reply:
        """What is sent: values, and for each missing one its absence."""
        if not self.values and trouble.UNKNOWN in self.refusals.values():
            self.lost = self.lost or trouble.UNKNOWN
        absent = {name: self._absence(name, code) for name, code in self.refusals.items()}
        return {"values": self.values, "absent": absent} | ({"lost": self.lost} if self.lost else {})

    def _read_metric(self, metric: Metric) -> None:
        code = trouble.FUNCTION_NOT_FOUND
        for source in metric.sources:
            if self.lost is not None:
                code = self.lost
                break
            try:
                found = self._field(source) if isinstance(source, int) else self._answer(source)
            except Refused as refusal:
                self._notice(refusal.code)
                # The first real refusal says more than the lack of an older or newer function.
                code = refusal.code if code == trouble.FUNCTION_NOT_FOUND else code
                continue
            parts = () if found in _SENTINELS else metric.convert(found)
            present = {name: part for name, part in zip(metric.names, parts, strict=False) if part not in _SENTINELS}
            self.values |= present
            if len(present) == len(metric.names):
                return
        self.refusals |= {name: code for name in metric.names if name not in self.values}

    def _answer(self, source: Call) -> Answer:
        return self._call(source.symbol, self._handle, *source.arguments)

    def _read_fields(self, fields: list[int]) -> None:
        """Ask for all field values in one call; a driver without it leaves each metric its other calls."""
        if self.lost is not None:
            return
        try:
            answers = self._call("nvmlDeviceGetFieldValues", self._handle, fields)
        except Refused as refusal:
            self._notice(refusal.code)
            return
        self._fields = {answer.fieldId: answer for answer in answers}

    def _field(self, field: int) -> Answer:
        answer = self._fields.get(field)
        if answer is None:
            raise Refused(trouble.FUNCTION_NOT_FOUND)
        if answer.nvmlReturn != _SUCCESS:
            raise Refused(answer.nvmlReturn)
        if answer.valueType >= len(_FIELD_MEMBERS):
            raise Refused(trouble.NOT_SUPPORTED)
        return getattr(answer.value, _FIELD_MEMBERS[answer.valueType])

    def _notice(self, code: int) -> None:
        if code in trouble.LOST:
            self.lost = code

    def _absence(self, name: str, code: int) -> Absence:
        if self.lost is not None and code in trouble.LOST | {trouble.UNKNOWN}:
            return Absence.LOST
        if code == trouble.NO_PERMISSION:
            return Absence.NO_PERMISSION
        if code == trouble.NOT_SUPPORTED:
            if self._under_mig and name in _GONE_UNDER_MIG:
                return Absence.UNDER_MIG
            if self._under_wsl and name not in _OF_THE_CARD:
                return Absence.NOT_UNDER_WSL
        return Absence.NOT_SUPPORTED
