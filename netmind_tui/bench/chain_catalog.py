"""The chains of proofs of capacity, as the catalogue has them: read, checked, and their graphs refused by digest."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from netmind_tui.bench.catalog import DigestMismatchError, kernels_folder
from netmind_tui.model.chain import Body, ChainGraph, ChainSpec
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem, nearest

VERSION = 1
_LEAST_N, _LARGEST_N = {Body.INT8: 256, Body.FP16: 256}, {Body.INT8: 4096, Body.FP16: 2048}
_LARGEST_POOL = 16
_DIGEST = re.compile(r"[0-9a-f]{64}")
_FILE = re.compile(r"[A-Za-z0-9_]{1,64}\.onnx")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Catalog:
    version: int
    chains: tuple[ChainSpec, ...]


def open_chains(folder: Path | None = None) -> tuple[ChainSpec, ...]:
    """Read ``chains.toml`` beside the kernels' catalogue.

    Raises:
        Problem: the file is not there, is no catalogue of chains, or has a value that cannot be meant.
    """
    path = (folder or kernels_folder()) / "chains.toml"
    try:
        table = msgspec.toml.decode(path.read_bytes())
        catalog = msgspec.convert(table, _Catalog)
    except OSError as error:
        raise Problem(f"cannot read the chains {path}: {error.strerror}", ExitCode.USAGE) from error
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(f"{path} is no catalogue of chains: {error}", ExitCode.USAGE) from error
    for sentence in (*_strangers(table), *_faults(catalog)):
        raise Problem(f"{path}: {sentence}", ExitCode.USAGE)
    return catalog.chains


def find_chain(chains: tuple[ChainSpec, ...], name: str) -> ChainSpec | None:
    """The chain of that name and version (``chain.int8.wide@1``), if the catalogue has it."""
    return next((chain for chain in chains if chain.name == name), None)


def read_chain_graph(graph: ChainGraph, folder: Path | None = None) -> bytes:
    """The bytes of a chain's graph.

    Raises:
        DigestMismatchError: the file cannot be read, or its SHA-256 is not the catalogue's.
    """
    path = (folder or kernels_folder()) / graph.file
    try:
        contents = path.read_bytes()
    except OSError as error:
        raise DigestMismatchError(f"{path} cannot be read: {error.strerror}") from error
    if sha256(contents).hexdigest() != graph.sha256:
        raise DigestMismatchError(f"{path} is not the graph that the catalogue of chains names")
    return contents


def _strangers(table: dict[str, Any]) -> Iterator[str]:
    """A sentence for each key that has no meaning."""
    levels: list[tuple[str, dict[str, Any], type]] = [("", table, _Catalog)]
    for chain in table["chains"]:
        levels.append((f"chain {chain['id']!r}: ", chain, ChainSpec))
        levels += [(f"chain {chain['id']!r}: a graph: ", graph, ChainGraph) for graph in chain["graphs"]]
    for where, level, kind in levels:
        known = [field.name for field in fields(kind)]
        yield from (f"{where}{key!r} is no key here; {nearest(key, known)}" for key in level if key not in known)


def _faults(catalog: _Catalog) -> Iterator[str]:
    if catalog.version != VERSION:
        yield f"written for another version of this program (version {catalog.version}, expected {VERSION})"
    names = [chain.name for chain in catalog.chains]
    yield from (f"chain {name!r} is given twice" for name in dict.fromkeys(names) if names.count(name) > 1)
    for chain in catalog.chains:
        yield from (f"chain {chain.name!r}: {fault}" for fault in _of_chain(chain))


def _of_chain(chain: ChainSpec) -> Iterator[str]:
    for member in ("n", "rows"):
        if (value := getattr(chain, member)) < 1 or value & (value - 1):
            yield f"{member}: expected a power of two, found {value}"
    least, largest = _LEAST_N[chain.body], _LARGEST_N[chain.body]
    if not least <= chain.n <= largest:
        yield f"n: expected {least} to {largest} for {chain.body}, where every sum is exact, found {chain.n}"
    if not 1 <= chain.pool <= _LARGEST_POOL:
        yield f"pool: expected 1 to {_LARGEST_POOL}, found {chain.pool}"
    elif chain.rounds < 1 or chain.rounds % chain.pool:
        yield f"rounds: expected a multiple of the pool of {chain.pool}, found {chain.rounds}"
    expected = 5 + (chain.n.bit_length() - 1) // 2 if chain.body is Body.INT8 else 8
    if chain.shift_k != expected:
        yield f"shift_k: expected {expected} for n = {chain.n} in {chain.body}, found {chain.shift_k}"
    yield from _of_graphs(chain)


def _of_graphs(chain: ChainSpec) -> Iterator[str]:
    if not chain.graphs:
        yield "graphs: expected at least one"
    for graph in chain.graphs:
        if _DIGEST.fullmatch(graph.sha256) is None:
            yield f"sha256: expected 64 hexadecimal digits in lower case, found {graph.sha256!r}"
        if _FILE.fullmatch(graph.file) is None:
            yield f"file: expected the name of a graph beside the catalogue, found {graph.file!r}"
