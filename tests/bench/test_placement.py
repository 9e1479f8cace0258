import pytest

from netmind_tui.bench.placement import PlacementRefusedError, assert_placed

CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"


def test_all_nodes_where_they_were_asked_for():
    assert assert_placed([(CUDA, ["MatMul", "Add"]), (CUDA, ["Cast"])], CUDA) == 3


def test_one_node_elsewhere_is_refused_by_name():
    with pytest.raises(PlacementRefusedError, match="MatMulInteger on CPUExecutionProvider"):
        assert_placed([(CUDA, ["MatMul"]), (CPU, ["MatMulInteger"])], CUDA)


def test_a_cpu_session_with_one_node_elsewhere_is_refused():
    with pytest.raises(PlacementRefusedError, match="Add on CUDAExecutionProvider"):
        assert_placed([(CPU, ["MatMul"]), (CUDA, ["Add"])], CPU)


def test_a_report_without_nodes_is_no_proof():
    with pytest.raises(PlacementRefusedError, match="no node placed"):
        assert_placed([], CUDA)
    with pytest.raises(PlacementRefusedError, match="no node placed"):
        assert_placed([(CUDA, [])], CUDA)


def test_a_runtime_that_cannot_report_claims_no_nodes():
    assert assert_placed([], CUDA, readable=False) == 0
