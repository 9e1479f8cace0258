"""Whatever measures asks a running agent for the devices first."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "netmind_tui"
MEASURES = [
    path
    for folder in ("cli", "tui")
    for path in sorted((PACKAGE / folder).rglob("*.py"))
    if "benchmark.run(" in path.read_text()
]


def test_the_commands_that_measure_are_known():
    assert {path.name for path in MEASURES} == {"bench.py", "certify.py", "validate_run.py", "bench_run.py"}


@pytest.mark.parametrize("path", MEASURES, ids=lambda path: path.name)
def test_it_measures_only_where_the_devices_are_held(path):
    tree = ast.parse(path.read_text())
    held = {id(node) for block in ast.walk(tree) if _holds(block) for node in ast.walk(block)}
    functions = {each.name: each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef)}
    # What a held block calls by name holds them too.
    called = {
        node.func.id
        for block in ast.walk(tree)
        if _holds(block)
        for node in ast.walk(block)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in functions
    }
    held |= {id(node) for name in called for node in ast.walk(functions[name])}
    runs = [node for node in ast.walk(tree) if _runs(node)]
    assert runs
    assert [node.lineno for node in runs if id(node) not in held] == []


def _holds(node: ast.AST) -> bool:
    return isinstance(node, ast.With) and any(
        isinstance(item.context_expr, ast.Call)
        and isinstance(item.context_expr.func, ast.Name)
        and item.context_expr.func.id in ("drained", "left_alone")
        for item in node.items
    )


def _runs(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) in ("benchmark.run", "benchmark.look_around")
