"""Change certificates in one place each, thousands of times, and see every one of them refused.

Single bytes and whole members are changed in the envelope, in the payload (with and without signing it again by another
key) and in the result document beside it; the verifier trusts the node's key alone. Prints how many were refused by
which check first. Ends with 1 if one was accepted, or if anything but an answer came out. Seeded: the same every time.
"""

import argparse
import base64
import copy
import json
import random
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vector_case import WHEN
from vector_machine import CARD, CPU, result, row
from vector_made import CERTIFICATE, RESULT, files, public, scoped, sealed

from netmind_tui.certify.canonical import canonical, sha256
from netmind_tui.certify.trust import Trust
from netmind_tui.certify.verify import Terms, verify
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.verification import exit_code

COUNT = 2400
SEED = 20261122
_STRANGE: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1,
    2**53 - 1,
    0.5,
    1e300,
    "",
    "\x1b[2J",
    "netmind.result/2",
    [],
    {},
    [[]],
)

Files = dict[str, bytes]
Draw = random.Random


@dataclass(frozen=True, slots=True)
class Mutant:
    """One changed certificate with its result document, and how it was changed."""

    kind: str
    files: Files


def mutants(count: int = COUNT, seed: int = SEED) -> Iterator[Mutant]:
    """So many, of every kind alike; none is equal to what it was made from."""
    draw = Draw(seed)
    sources = _sources()
    made = 0
    while made < count:
        kind = tuple(_KINDS)[made % len(_KINDS)]
        source = draw.choice(sources)
        changed = _KINDS[kind](source, draw)
        if changed != source:
            made += 1
            yield Mutant(kind, changed)


def answer(mutant: Mutant, folder: Path) -> str:
    """The first check that refuses it; ``accepted``, ``unknown`` or ``traceback`` if none does."""
    for name, data in mutant.files.items():
        (folder / name).write_bytes(data)
    terms = Terms(now=WHEN, nonce=None, trust=Trust(keys={public("node"): "the node"}))
    try:
        verification = verify([folder / CERTIFICATE], terms)
    except Exception:  # noqa: BLE001 - that nothing at all gets through is what is tested
        traceback.print_exc()
        return "traceback"
    first = verification.files[0].first_failure
    code = exit_code(verification)
    if first is None or code is ExitCode.OK:
        return "accepted"
    return first.check.value if code is ExitCode.FAILED else "unknown"


def _sources() -> tuple[Files, ...]:
    processor = result((CPU,), (row(CPU, "dispatch"), row(CPU, "gemm.fp32", at=5)))
    card = result((CARD,), (row(CARD, "gemm.fp16"),))
    return files(processor), files(card, scope=scoped())


def _byte(data: bytes, draw: Draw) -> bytes:
    """The bytes with one of them changed, left out or added."""
    place = draw.randrange(len(data))
    other = bytes([draw.randrange(256)])
    return draw.choice(
        (
            data[:place] + bytes([data[place] ^ 1 << draw.randrange(8)]) + data[place + 1 :],
            data[:place] + other + data[place + 1 :],
            data[:place] + data[place + 1 :],
            data[:place] + other + data[place:],
        )
    )


def _member(data: bytes, draw: Draw) -> bytes:
    """A JSON text with one value in it changed, in canonical form."""
    document = copy.deepcopy(json.loads(data))
    owner, name = draw.choice(list(_places(document)))
    action = draw.randrange(4)
    if action == 0:
        del owner[name]
    elif action == 1 and isinstance(owner, dict):
        owner[f"{name}_"] = owner.pop(name)
    elif action == 1:
        owner.insert(name, owner[name])
    elif action == 2 and isinstance(owner[name], int | float | str):
        owner[name] = _nudged(owner[name], draw)
    else:
        owner[name] = copy.deepcopy(draw.choice(_STRANGE))
    return canonical(document)


def _nudged(value: Any, draw: Draw) -> Any:  # noqa: ANN401 - a number or a text
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return value[:-1] + draw.choice("0a~Z")
    return value * 2 if abs(value) < 2**50 else value / 2


def _places(value: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401 - any JSON
    """Every container and the name or index of every value in it."""
    if isinstance(value, dict | list):
        for name in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, name
            yield from _places(value[name])


def _payload(whole: Files) -> bytes:
    return base64.b64decode(json.loads(whole[CERTIFICATE])["payload"])


def _repacked(whole: Files, payload: bytes) -> Files:
    """Another payload under the old signature."""
    members = json.loads(whole[CERTIFICATE]) | {"payload": base64.b64encode(payload).decode()}
    return whole | {CERTIFICATE: canonical(members)}


def _signed_again(whole: Files, payload: bytes) -> Files:
    """Another payload, signed by a stranger who speaks for themselves."""
    payload = payload.replace(public("node").encode(), public("stranger").encode())
    return whole | {CERTIFICATE: sealed(payload, "stranger")}


def _with_result(whole: Files, document: bytes) -> Files:
    """Another result document, its digest signed by a stranger."""
    old, new = sha256(whole[RESULT]).encode(), sha256(document).encode()
    return _signed_again(whole, _payload(whole).replace(old, new)) | {RESULT: document}


_KINDS: dict[str, Callable[[Files, Draw], Files]] = {
    "a byte of the envelope": lambda whole, draw: whole | {CERTIFICATE: _byte(whole[CERTIFICATE], draw)},
    "a member of the envelope": lambda whole, draw: whole | {CERTIFICATE: _member(whole[CERTIFICATE], draw)},
    "a byte of the payload": lambda whole, draw: _repacked(whole, _byte(_payload(whole), draw)),
    "a byte of the payload, signed again": lambda whole, draw: _signed_again(whole, _byte(_payload(whole), draw)),
    "a member of the payload": lambda whole, draw: _repacked(whole, _member(_payload(whole), draw)),
    "a member of the payload, signed again": lambda whole, draw: _signed_again(whole, _member(_payload(whole), draw)),
    "a byte of the result": lambda whole, draw: whole | {RESULT: _byte(whole[RESULT], draw)},
    "a byte of the result, signed again": lambda whole, draw: _with_result(whole, _byte(whole[RESULT], draw)),
    "a member of the result": lambda whole, draw: whole | {RESULT: _member(whole[RESULT], draw)},
    "a member of the result, signed again": lambda whole, draw: _with_result(whole, _member(whole[RESULT], draw)),
}


def main() -> int:
    """Make them, verify them, print a table; 1 if one was not refused."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=COUNT, help=f"how many; {COUNT} unless given")
    parser.add_argument("--seed", type=int, default=SEED, help="another seed gives others")
    arguments = parser.parse_args()
    refused: dict[str, Counter[str]] = {kind: Counter() for kind in _KINDS}
    with tempfile.TemporaryDirectory() as folder:
        for mutant in mutants(arguments.count, arguments.seed):
            refused[mutant.kind][answer(mutant, Path(folder))] += 1
    for kind, counts in refused.items():
        print(f"{kind:40}{', '.join(f'{check} {count}' for check, count in counts.most_common())}")
    total: Counter[str] = sum(refused.values(), Counter())
    wrong = sum(total[word] for word in ("accepted", "unknown", "traceback"))
    print(f"{total.total()} changed, {total.total() - wrong} refused: {dict(total.most_common())}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
