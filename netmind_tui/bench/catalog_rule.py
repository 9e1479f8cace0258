"""What a kernel catalogue must keep beyond its types: names that are known, and figures that can be."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import fields
from math import isfinite
from typing import Any

from netmind_tui.model.kernel import Catalog, Kernel, Product, Suite, Variant, Window
from netmind_tui.model.problem import nearest

VERSION = 1
WITHOUT_GRAPH = ("transfer", "memory", "disk")
"""The families that compute nothing."""

FAMILY_NAMES = ("gemm", "gemv", "stream", "dispatch", "network", "decoder", *WITHOUT_GRAPH)
"""The families of ``bench/family``, whose import costs NumPy."""

_METRICS = ("latency", "bandwidth", "throughput", "capacity")
_UNITS = ("s", "bytes", "bytes/s", "FLOP/s", "OP/s", "tokens/s", "images/s", "sequences/s")
_SIZE_STEP = 4 * 2**20
_DIGEST = re.compile(r"[0-9a-f]{64}")
_CAPABILITY = re.compile(r"[0-9]{1,3}\.[0-9]")


def unknown_keys(table: object) -> Iterator[str]:
    """A sentence for each key of a catalogue as it was written that no such table has, with the nearest."""
    yield from _strangers(table, Catalog, "")
    for kernel in _rows(table, "kernels"):
        where = f"kernel {_name(kernel, 'id')}: "
        yield from _strangers(kernel, Kernel, where)
        for number, variant in enumerate(_rows(kernel, "variants"), start=1):
            yield from _strangers(variant, Variant, f"{where}variant {number}: ")
    for suite in _rows(table, "suites"):
        where = f"suite {_name(suite, 'name')}: "
        yield from _strangers(suite, Suite, where)
        for phase in ("burst", "sustained"):
            yield from _strangers(suite.get(phase), Window, f"{where}{phase}: ")


def faults(catalog: Catalog) -> Iterator[str]:
    """A sentence for each value that cannot be meant, naming the kernel or suite and the member."""
    if catalog.default_seed < 0:
        yield f"default_seed: expected a number from 0 on, found {catalog.default_seed}"
    ids = [kernel.id for kernel in catalog.kernels]
    names = [kernel.name for kernel in catalog.kernels]
    yield from (f"kernel {each!r}: this version of the id is given twice" for each in _repeated(names))
    yield from (f"suite {each!r}: the name is given twice" for each in _repeated(each.name for each in catalog.suites))
    for kernel in catalog.kernels:
        yield from (f"kernel {kernel.id!r}: {fault}" for fault in _of_kernel(kernel))
        for number, variant in enumerate(kernel.variants, start=1):
            where = f"kernel {kernel.id!r}: variant {number} ({variant.provider}): "
            yield from (where + fault for fault in _of_variant(kernel, variant))
    sized = [kernel.id for kernel in catalog.kernels if kernel.sized is not None]
    for suite in catalog.suites:
        yield from (f"suite {suite.name!r}: {fault}" for fault in (*_of_suite(suite, ids), *_of_sizes(suite, sized)))


def _of_kernel(kernel: Kernel) -> Iterator[str]:
    if not kernel.id:
        yield "id: expected a name, found none"
    if kernel.version < 1:
        yield f"version: expected a number from 1 on, found {kernel.version}"
    yield from _choice("family", kernel.family, FAMILY_NAMES)
    yield from _choice("metric", kernel.metric, _METRICS)
    yield from _choice("unit", kernel.unit, _UNITS)
    told = {"latency": "s", "capacity": "bytes"}
    if kernel.metric in _METRICS and told.get(kernel.metric) != (kernel.unit if kernel.unit in told.values() else None):
        yield f"unit: {kernel.unit} does not measure {kernel.metric}"
    if not (isfinite(kernel.tolerance) and kernel.tolerance >= 0):
        yield f"tolerance: expected a finite number from 0 on, found {kernel.tolerance:g}"
    yield from _positive("share", kernel.share)
    if not kernel.variants:
        yield "variants: expected at least one"
    keys = [(str(each.provider), each.device_memory_min_bytes) for each in kernel.variants]
    for provider, least in _repeated(keys):
        yield f"variants: two for {provider} from device_memory_min_bytes = {least} on"


def _of_variant(kernel: Kernel, variant: Variant) -> Iterator[str]:
    shape = variant.shape
    for name, size in shape.items():
        if size < 1:
            yield f"shape.{name}: expected a number from 1 on, found {size}"
    if kernel.grows is not None and kernel.grows not in shape:
        yield f"grows: {kernel.grows!r} is no dimension of the shape; {nearest(kernel.grows, list(shape))}"
    if kernel.sized is not None and kernel.sized not in shape:
        yield f"sized: {kernel.sized!r} is no dimension of the shape; {nearest(kernel.sized, list(shape))}"
    yield from _card(variant)
    if not variant.memory:
        yield "memory: expected at least one product"
    yield from _product("work", kernel.work, shape)
    for member, products in (("memory", variant.memory), ("host_memory", variant.host_memory)):
        for product in products:
            yield from _product(member, product, shape)
    if (kernel.family in WITHOUT_GRAPH) == (variant.file is not None):
        yield f"file: expected {'none' if variant.file is not None else 'a graph'} for the family {kernel.family}"
    yield from _positive("prepare_s", 1.0 if variant.prepare_s is None else variant.prepare_s)
    yield from _files(variant)


def _card(variant: Variant) -> Iterator[str]:
    if variant.tolerance is not None and not (isfinite(variant.tolerance) and variant.tolerance >= 0):
        yield f"tolerance: expected a finite number from 0 on, found {variant.tolerance:g}"
    if variant.device_memory_min_bytes < 0:
        yield f"device_memory_min_bytes: expected a number from 0 on, found {variant.device_memory_min_bytes}"
    least = variant.compute_capability_min
    if least is not None and _CAPABILITY.fullmatch(least) is None:
        yield f'compute_capability_min: expected one like "8.0", found {least!r}'


def _files(variant: Variant) -> Iterator[str]:
    if (variant.file is None) != (variant.sha256 is None):
        yield "file: expected together with sha256"
    elif variant.file is not None:
        yield from _file_name("file", variant.file)
    if (variant.weights is None) != (variant.weights_sha256 is None):
        yield "weights: expected together with weights_sha256"
    elif variant.weights is not None:
        yield from _file_name("weights", variant.weights)
    of_weights = () if variant.weights_sha256 is None else (variant.weights_sha256,)
    of_graph = () if variant.sha256 is None else (variant.sha256,)
    named = (("sha256", of_graph), ("golden_sha256", variant.golden_sha256), ("weights_sha256", of_weights))
    for member, digests in named:
        for digest in digests:
            if _DIGEST.fullmatch(digest) is None:
                yield f"{member}: expected 64 hexadecimal digits in lower case, found {digest!r}"


def _file_name(member: str, name: str) -> Iterator[str]:
    # The catalogue's folder is all that it may name: a path could lead anywhere.
    if not name or name in {".", ".."} or any(sign in name for sign in "/\\\0"):
        yield f"{member}: expected the name of a file beside the catalogue, found {name!r}"


def _of_suite(suite: Suite, ids: list[str]) -> Iterator[str]:
    if not suite.name:
        yield "name: expected a name, found none"
    if not suite.kernels:
        yield "kernels: expected at least one"
    for each in dict.fromkeys(suite.kernels):
        if each not in ids:
            yield f"kernels: {each!r} is no kernel; {nearest(each, ids)}"
    yield from (f"kernels: {each!r} is named twice" for each in _repeated(suite.kernels))
    for member in ("alone", "left_out_on_gpus"):
        strangers = [each for each in getattr(suite, member) if each not in suite.kernels]
        yield from (f"{member}: {each!r} is no kernel here; {nearest(each, list(suite.kernels))}" for each in strangers)
    for member in ("sample_s", "setup_cap_s", "warm_up_cap_s"):
        yield from _positive(member, getattr(suite, member))
    yield from _positive("budget_s", 1.0 if suite.budget_s is None else suite.budget_s)
    for member, window in (("burst", suite.burst), ("sustained", suite.sustained)):
        if window is not None:
            yield from _of_window(member, window)


def _of_sizes(suite: Suite, sized: list[str]) -> Iterator[str]:
    for kernel_id, size in suite.sizes.items():
        if kernel_id not in sized:
            yield f"sizes: {kernel_id!r} is no kernel whose size can be set; {nearest(kernel_id, sized)}"
        if size < 1 or size % _SIZE_STEP:
            yield f"sizes.{kernel_id}: expected a multiple of {_SIZE_STEP // 2**20} MiB in bytes, found {size}"
    if suite.memory_part is not None and not 0 < suite.memory_part < 1:
        yield f"memory_part: expected a number between 0 and 1, found {suite.memory_part:g}"


def _of_window(member: str, window: Window) -> Iterator[str]:
    if not (isfinite(window.min_s) and window.min_s >= 0):
        yield f"{member}.min_s: expected a finite number from 0 on, found {window.min_s:g}"
    yield from _positive(f"{member}.cap_s", window.cap_s)
    if window.min_s > window.cap_s:
        yield f"{member}: min_s ({window.min_s:g}) is more than cap_s ({window.cap_s:g})"


def _product(member: str, product: Product, shape: dict[str, int]) -> Iterator[str]:
    for factor in product:
        if isinstance(factor, str):
            if factor not in shape:
                yield f"{member}: {factor!r} is no dimension of the shape; {nearest(factor, list(shape))}"
        elif factor < 1:
            yield f"{member}: expected factors from 1 on, found {factor}"


def _positive(member: str, value: float) -> Iterator[str]:
    if not (isfinite(value) and value > 0):
        yield f"{member}: expected a finite number above 0, found {value:g}"


def _choice(member: str, value: str, known: tuple[str, ...]) -> Iterator[str]:
    if value not in known:
        yield f"{member}: {value!r} is not known; {nearest(value, list(known))}"


def _repeated(values: Iterable[Any]) -> list[Any]:
    """Every value that stands there more than once, once."""
    found = list(values)
    return [value for value in dict.fromkeys(found) if found.count(value) > 1]


def _strangers(table: object, kind: type, where: str) -> Iterator[str]:
    if not isinstance(table, dict):
        return
    known = [field.name for field in fields(kind)]
    for key in table:
        if key not in known:
            yield f"{where}{key!r} is no key here; {nearest(key, known)}"


def _rows(table: object, member: str) -> list[dict[str, Any]]:
    rows = table.get(member) if isinstance(table, dict) else None
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _name(row: dict[str, Any], member: str) -> str:
    return repr(row[member]) if isinstance(row.get(member), str) else "without a name"
