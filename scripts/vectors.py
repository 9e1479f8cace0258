"""Make ``assets/vectors``, for those who write a verifier: certificates that hold, and broken ones.

``vectors.json`` tells what each must be answered with, and the first check that fails. ``--check`` only says which
files would change. Needs no machine: every run in them is made up.
"""

import argparse
import json
import shutil
import sys
from pathlib import Path
from typing import Any

from vector_broken import broken
from vector_case import Case
from vector_good import good
from vector_made import KEY_NAMES, public, seed

FOLDER = Path(__file__).parents[1] / "assets/vectors"
KEPT = ("README.md", ".gitattributes")
WARNING = "Test keys: everybody has their private halves. Nothing that they sign may be believed outside of a test."


def build() -> dict[str, bytes]:
    """Every file, by its path in the folder."""
    found: dict[str, bytes] = {}
    entries: list[dict[str, Any]] = []
    for folder, cases in (("good", tuple(good())), ("broken", tuple(broken()))):
        for case in cases:
            entries.append(case.entry(folder))
            found |= _files(folder, case, found)
    keys = [{"name": name, "public": public(name), "seed": seed(name).hex()} for name in KEY_NAMES]
    index = {"schema": "netmind.vectors/1", "warning": WARNING, "keys": keys, "vectors": entries}
    found["vectors.json"] = (json.dumps(index, indent=1, ensure_ascii=False) + "\n").encode()
    return found


def _files(folder: str, case: Case, taken: dict[str, bytes]) -> dict[str, bytes]:
    own = {f"{folder}/{case.name}/{name}": data for name, data in case.files.items()}
    if own.keys() & taken.keys():
        raise ValueError(f"two vectors are called {case.name}")
    return own


def stale(made: dict[str, bytes]) -> list[str]:
    """The files of the folder that are not what they should be, are missing, or should not be there."""
    there = {path.relative_to(FOLDER).as_posix(): path for path in FOLDER.rglob("*") if path.is_file()}
    names = made.keys() | (there.keys() - set(KEPT))
    return sorted(name for name in names if name not in there or made.get(name) != there[name].read_bytes())


def main() -> int:
    """Write the folder anew, or compare it; 1 where ``--check`` finds a difference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; end with 1 if anything would change")
    made = build()
    different = stale(made)
    if parser.parse_args().check:
        print("\n".join(different) or "up to date")
        return 1 if different else 0
    for folder in ("good", "broken"):
        shutil.rmtree(FOLDER / folder, ignore_errors=True)
    for name, data in made.items():
        path = FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    size = sum(len(data) for data in made.values())
    print(f"{len(made)} files, {size / 1024:.0f} KiB, {len(different)} changed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
