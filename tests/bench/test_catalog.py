import re
import shutil
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netmind_tui.bench.catalog import DigestMismatchError, kernels_folder, open_catalog, read_graph
from netmind_tui.bench.catalog_rule import FAMILY_NAMES, WITHOUT_GRAPH, faults
from netmind_tui.bench.family import FAMILIES
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.kernel import Catalog, Kernel, Provider, Suite, Variant, Window
from netmind_tui.model.problem import Problem


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(kernels_folder(), tmp_path / "kernels")


def test_every_graph_has_the_digest_that_the_catalogue_names(catalog):
    for kernel in catalog.kernels:
        for variant in kernel.variants:
            assert bool(read_graph(variant)) == (kernel.family not in WITHOUT_GRAPH)


def test_every_kernel_has_a_family_and_a_form_somewhere(catalog):
    for kernel in catalog.kernels:
        assert kernel.family in FAMILIES
        assert any(kernel.variant_for(provider, 80 * 2**30) for provider in Provider)


def test_every_suite_names_kernels_that_exist(catalog):
    for suite in catalog.suites:
        assert all(catalog.kernel(kernel_id) for kernel_id in suite.kernels)


def test_one_changed_byte_is_refused_by_name(catalog, folder):
    variant = catalog.kernel("gemm.fp32").variants[0]
    path = folder / variant.file
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    with pytest.raises(DigestMismatchError, match=variant.file):
        read_graph(variant, folder)


def test_a_missing_graph_is_refused_by_name(catalog, folder):
    variant = catalog.kernel("gemm.fp32").variants[0]
    (folder / variant.file).unlink()
    with pytest.raises(DigestMismatchError, match=variant.file):
        read_graph(variant, folder)


@pytest.mark.parametrize(
    ("contents", "expected"),
    [
        (b"version = ", "not a kernel catalogue"),
        (b'version = "one"', "not a kernel catalogue"),
        (b"\xff\xfe", "not a kernel catalogue"),
    ],
)
def test_a_broken_catalogue_is_named(folder, contents, expected):
    (folder / "catalog.toml").write_bytes(contents)
    with pytest.raises(Problem, match=expected) as raised:
        open_catalog(folder)
    assert raised.value.code is ExitCode.USAGE
    assert "catalog.toml" in raised.value.sentence


def test_an_absent_catalogue_is_named(tmp_path):
    with pytest.raises(Problem, match=str(tmp_path)):
        open_catalog(tmp_path)


def test_larger_devices_get_larger_shapes(catalog):
    kernel = catalog.kernel("gemm.fp32")
    assert kernel.variant_for(Provider.CUDA, 4 * 2**30).shape["n"] == 4096
    assert kernel.variant_for(Provider.CUDA, 24 * 2**30).shape["n"] == 8192


def test_work_is_counted_from_the_shape(catalog):
    assert catalog.kernel("gemm.fp32").work_per_iteration({"m": 2, "n": 3, "k": 5}) == 60
    assert catalog.kernel("stream.add").work_per_iteration({"n": 10}) == 120
    assert catalog.kernel("dispatch").work_per_iteration({"n": 1}) == 1


def test_the_families_that_a_catalogue_may_name_are_those_there_are():
    assert set(FAMILY_NAMES) == set(FAMILIES)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        # what the file is
        ("version = 1", "version = 2", "written for another version of this program (version 2, expected 1)"),
        ("default_seed = 7", "default_seed = -7", "default_seed: expected a number from 0 on, found -7"),
        ("default_seed = 7", "default_sede = 7", "'default_sede' is no key here; did you mean default_seed?"),
        ("default_seed = 7", "default_seed = 7\nx = " + "[" * 9999, "nested too deeply"),
        # kernels
        ('id = "dispatch"', 'id = ""', "kernel '': id: expected a name"),
        ('id = "dispatch"', 'id = "gemm.fp32"', "kernel 'gemm.fp32@1': this version of the id is given twice"),
        (
            'id = "dispatch"',
            'id = "dispatch"\nvesion = 1',
            "kernel 'dispatch': 'vesion' is no key here; did you mean ver",
        ),
        ('id = "dispatch"\nversion = 1', 'id = "dispatch"\nversion = 0', "kernel 'dispatch': version: expected"),
        ('id = "dispatch"\nversion = 1', 'id = "dispatch"\nversion = "x"', "at `kernel 'dispatch': version`"),
        (
            'family = "dispatch"',
            'family = "dispach"',
            "kernel 'dispatch': family: 'dispach' is not known; did you mean d",
        ),
        ('metric = "latency"', 'metric = "latence"', "kernel 'dispatch': metric: 'latence' is not known"),
        ('metric = "latency"', 'metric = "bandwidth"', "kernel 'dispatch': unit: s does not measure bandwidth"),
        ('unit = "OP/s"', 'unit = "OPS/s"', "kernel 'gemm.int8': unit: 'OPS/s' is not known; did you mean OP/s"),
        ('unit = "OP/s"', 'unit = "s"', "kernel 'gemm.int8': unit: s does not measure throughput"),
        ("tolerance = 1e-06", "tolerance = -1e-06", "kernel 'gemm.fp32': tolerance: expected a finite number from 0"),
        ("tolerance = 1e-06", "tolerance = nan", "kernel 'gemm.fp32': tolerance: expected a finite number from 0"),
        ("share = 0.25", "share = 0", "kernel 'dispatch': share: expected a finite number above 0, found 0"),
        ("share = 0.25", "share = inf", "kernel 'dispatch': share: expected a finite number above 0, found inf"),
        ('work = [3, 4, "n"]', 'work = [3, 4, "N"]', "variant 1 (cpu): work: 'N' is no dimension of the shape"),
        (
            'work = [3, 4, "n"]',
            "work = [3, 0]",
            "kernel 'stream.add': variant 1 (cpu): work: expected factors from 1 on",
        ),
        ('grows = "n"', 'grows = "m"', "kernel 'stream.add': variant 1 (cpu): grows: 'm' is no dimension"),
        # their variants
        ("shape = { n = 16777216 }", "shape = { n = 0 }", "kernel 'stream.add': variant 1 (cpu): shape.n: expected"),
        (
            'memory = [[3, 4, "n"]]',
            'memory = [[3, -4, "n"]]',
            "variant 1 (cpu): memory: expected factors from 1 on, fou",
        ),
        ('memory = [[3, 4, "n"]]', 'memory = [[3, 4, "k"]]', "variant 1 (cpu): memory: 'k' is no dimension of the sh"),
        ('memory = [[3, 4, "n"]]', "memory = []", "variant 1 (cpu): memory: expected at least one product"),
        ('host_memory = [[5, 4, "n"]]', 'host_memory = [["x"]]', "variant 2 (cuda): host_memory: 'x' is no dimension"),
        ('host_memory = [[5, 4, "n"]]', "host_memroy = []", "variant 2: 'host_memroy' is no key here; did you mean ho"),
        ("min_bytes = 8000000000", "min_bytes = -1", "variant 3 (cuda): device_memory_min_bytes: expected"),
        ("device_memory_min_bytes = 8000000000", "", "kernel 'gemm.fp32': variants: two for cuda from"),
        (
            'compute_capability_min = "8.0"',
            'compute_capability_min = "eight"',
            "kernel 'gemm.tf32': variant 1 (cuda): compute_capability_min: expected one like \"8.0\", found 'eight'",
        ),
        (
            'file = "stream_add.onnx"',
            'file = "../stream_add.onnx"',
            "variant 1 (cpu): file: expected the name of a file",
        ),
        ('sha256 = "1e2243cc', 'weights = "1e2243cc', "variant 1 (cpu): file: expected together with sha256"),
        ('file = "dispatch.onnx"\n', "", "variant 1 (cpu): file: expected a graph for the family dispatch"),
        (
            "shape = { bytes = 268435456 }",
            'file = "a"\nshape = { bytes = 268435456 }',
            "kernel 'transfer.h2d': variant 1 (cuda): file: expected none for the family transfer",
        ),
        ('sized = "bytes"', 'sized = "byte"', "kernel 'transfer.h2d': variant 1 (cuda): sized: 'byte' is no dimension"),
        ('metric = "capacity"', 'metric = "bandwidth"', "kernel 'memory.integrity': unit: bytes does not measure band"),
        ('unit = "bytes"', 'unit = "bytes/s"', "kernel 'memory.integrity': unit: bytes/s does not measure capacity"),
        ('sha256 = "6854ede9', 'sha256 = "6854EDE9', "variant 1 (cpu): sha256: expected 64 hexadecimal digits"),
        (
            '    "ded9ff84',
            '    "',
            "kernel 'gemm.int8': variant 1 (cpu): golden_sha256: expected 64 hexadecimal digits",
        ),
        # suites
        (
            '"disk.write" = 268435456',
            '"gemm.fp32" = 268435456',
            "suite 'quick': sizes: 'gemm.fp32' is no kernel whose s",
        ),
        (
            '"disk.write" = 268435456',
            '"disk.write" = 1000',
            "suite 'quick': sizes.disk.write: expected a multiple of 4",
        ),
        ("memory_part = 0.25", "memory_part = 1.5", "suite 'sustained': memory_part: expected a number between 0"),
        ("memory_part = 0.25", "memory_part = nan", "suite 'sustained': memory_part: expected a number between 0"),
        ('name = "standard"', 'name = "quick"', "suite 'quick': the name is given twice"),
        ('name = "quick"', 'name = ""', "suite '': name: expected a name"),
        (
            'name = "quick"',
            'name = "quick"\nsample = 1',
            "suite 'quick': 'sample' is no key here; did you mean sample_s",
        ),
        ('["dispatch", "stream.add",', '["dispach", "stream.add",', "suite 'quick': kernels: 'dispach' is no kernel"),
        ('["dispatch", "stream.add",', '["stream.add", "stream.add",', "kernels: 'stream.add' is named twice"),
        ("sample_s = 0.02", "sample_s = 0", "suite 'preflight': sample_s: expected a finite number above 0"),
        ("sample_s = 0.02", 'sample_s = "x"', "at `suite 'preflight': sample_s`"),
        ("setup_cap_s = 1.5", "setup_cap_s = inf", "suite 'preflight': setup_cap_s: expected a finite number above 0"),
        (
            "warm_up_cap_s = 0.5",
            "warm_up_cap_s = nan",
            "suite 'quick': warm_up_cap_s: expected a finite number above 0",
        ),
        ("min_s = 0.5, cap_s = 2.0", "min_s = 3, cap_s = 2", "suite 'quick': burst: min_s (3) is more than cap_s (2)"),
        ("min_s = 0.5, cap_s = 2.0", "min_s = -1, cap_s = 2", "suite 'quick': burst.min_s: expected a finite number"),
        ("min_s = 0.5, cap_s = 2.0", "min_s = 0, cap_s = inf", "suite 'quick': burst.cap_s: expected a finite number"),
        (
            "min_s = 0.5, cap_s = 2.0",
            "min = 0.5, cap_s = 2.0",
            "suite 'quick': burst: 'min' is no key here; did you mean",
        ),
        (
            "min_s = 10.0, cap_s = 20.0",
            "min_s = nan, cap_s = 20.0",
            "suite 'standard': sustained.min_s: expected a fin",
        ),
    ],
)
def test_a_value_that_cannot_be_meant_is_named_with_its_kernel_or_suite(folder, old, new, words):
    path = folder / "catalog.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))

    with pytest.raises(Problem) as raised:
        open_catalog(folder)

    assert raised.value.code is ExitCode.USAGE
    assert raised.value.sentence.startswith(str(path))
    assert raised.value.sentence.isprintable()
    assert words in raised.value.sentence


VARIANT = Variant(provider=Provider.CPU, file="a.onnx", sha256="0" * 64, shape={"n": 2}, memory=(("n",),))
KERNEL = Kernel(
    id="a",
    version=1,
    family="gemm",
    title="",
    precision="fp32",
    metric="throughput",
    unit="OP/s",
    work=(2, "n"),
    distribution="",
    tolerance=0.0,
    variants=(VARIANT,),
)
SUITE = Suite(
    name="s",
    title="",
    kernels=("a",),
    sample_s=1.0,
    setup_cap_s=1.0,
    warm_up_cap_s=1.0,
    burst=Window(min_s=0.0, cap_s=1.0),
)


def of(kernel=KERNEL, suite=SUITE):
    return list(faults(Catalog(version=1, default_seed=7, kernels=(kernel,), suites=(suite,))))


@given(st.floats(), st.floats())
def test_a_window_is_right_exactly_when_its_ends_are_finite_and_in_order(least, most):
    for name in ("burst", "sustained"):
        found = of(suite=replace(SUITE, **{name: Window(min_s=least, cap_s=most)}))
        assert (found == []) == (0 <= least <= most < float("inf") and most > 0)
        assert all(fault.startswith(f"suite 's': {name}") for fault in found)


@given(st.floats(), st.sampled_from(["sample_s", "setup_cap_s", "warm_up_cap_s"]))
def test_a_length_of_time_is_right_exactly_when_it_is_finite_and_above_zero(value, member):
    assert (of(suite=replace(SUITE, **{member: value})) == []) == (0 < value < float("inf"))


@given(st.floats())
def test_a_tolerance_may_be_zero_and_a_share_may_not(value):
    finite = value < float("inf")
    assert (of(replace(KERNEL, tolerance=value)) == []) == (finite and value >= 0)
    assert (of(replace(KERNEL, share=value)) == []) == (finite and value > 0)


@given(st.lists(st.integers(-3, 3) | st.sampled_from(["n", "m", ""]), max_size=4).map(tuple))
def test_a_product_is_right_exactly_when_every_factor_is_positive_or_a_dimension(product):
    right = all(factor == "n" or (isinstance(factor, int) and factor > 0) for factor in product)

    assert (of(replace(KERNEL, work=product)) == []) == right
    for member in ("memory", "host_memory"):
        kernel = replace(KERNEL, variants=(replace(VARIANT, **{member: (("n",), product)}),))
        assert (of(kernel) == []) == right


@pytest.mark.parametrize("key", ["id", "unit", "variants", "shape"])
def test_a_member_that_is_left_out_is_named(folder, key):
    path = folder / "catalog.toml"
    start = path.read_text().index("[[kernels]]")
    head, body = path.read_text()[:start], path.read_text()[start:]
    pattern = r"(?s)\n\[\[kernels.variants\]\].*" if key == "variants" else rf"(?m)^{key} = .*$"
    path.write_text(head + re.sub(pattern, "", body, count=1))

    with pytest.raises(Problem, match=f"missing required field `{key}`"):
        open_catalog(folder)
