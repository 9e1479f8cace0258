import shutil

import pytest

from netmind_tui.bench.catalog import DigestMismatchError, kernels_folder, open_catalog, read_graph
from netmind_tui.bench.family import FAMILIES
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.kernel import Provider
from netmind_tui.model.problem import Problem


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(kernels_folder(), tmp_path / "kernels")


def test_every_graph_has_the_digest_that_the_catalogue_names(catalog):
    for kernel in catalog.kernels:
        for variant in kernel.variants:
            assert read_graph(variant)


def test_every_kernel_has_a_family_and_a_form_for_the_cpu_and_for_cuda(catalog):
    for kernel in catalog.kernels:
        assert kernel.family in FAMILIES
        for provider in Provider:
            assert kernel.variant_for(provider, 80 * 2**30) is not None


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
