"""Build the libraries of a CUDA installation whose card computes nothing, as far as this ONNX Runtime asks for them."""

import functools
import importlib.util
import re
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

TEMPLATE = Path(__file__).with_name("cuda_stub.c")
_SYMBOL = re.compile(r"\bU (\w+)@+(lib(?:cudart|cublas|cublasLt|curand|cudnn|cufft)\.so\.\d+)")
_DRIVER_SYMBOL = re.compile(r"\bU (cu[A-Z]\w+)$", re.MULTILINE)
_NEEDED = re.compile(r"\(NEEDED\).*\[(lib(?:cuda|cudart|cublas|cublasLt|curand|cudnn|cufft)\.so\.\d+)\]")
_DEFINED = re.compile(r"^(?:long|const char \*)\s*\*?(\w+)\(", re.MULTILINE)


def provider() -> Path | None:
    """The CUDA provider of the installed runtime, if there is one."""
    found = importlib.util.find_spec("onnxruntime")
    if found is None or not found.submodule_search_locations:
        return None
    library = Path(found.submodule_search_locations[0]) / "capi/libonnxruntime_providers_cuda.so"
    return library if library.exists() else None


def why_not() -> str | None:
    """What is missing to build it, if anything."""
    missing = [tool for tool in ("cc", "nm", "readelf") if shutil.which(tool) is None]
    if missing:
        return f"no {', '.join(missing)}: install gcc and binutils"
    return None if provider() else "this onnxruntime has no CUDA provider"


@functools.cache
def build_cuda_stub(folder: Path) -> Path:
    """Compile every library that the provider needs into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted: dict[str, set[str]] = defaultdict(set)
    symbols = _printed("nm", "-D", "--undefined-only", str(provider()))
    for symbol, library in _SYMBOL.findall(symbols):
        wanted[library].add(symbol)
    wanted["libcuda.so.1"] |= set(_DRIVER_SYMBOL.findall(symbols))
    for library in _NEEDED.findall(_printed("readelf", "-d", str(provider()))):
        wanted.setdefault(library, set())
    # The part of the template for each library; the others hold fillers alone.
    runtime, _, cublas = TEMPLATE.read_text().partition("\nCUBLAS\n")
    for library, names in wanted.items():
        kind = library.partition(".")[0]
        template = {"libcudart": runtime, "libcublas": cublas}.get(kind, "FILLER\n")
        missing = sorted(names - set(_DEFINED.findall(template)))
        filler = "\n".join(f"long {symbol}(void) {{ return 0; }}" for symbol in missing) or "int nothing_is_wanted;"
        source = folder / f"{library}.c"
        source.write_text(re.sub(r"^FILLER$", filler, template, flags=re.MULTILINE))
        versions = folder / f"{library}.map"
        versions.write_text(f"{library} {{ global: *; }};\n")
        command = ["cc", "-shared", "-fPIC", "-O1", "-w", f"-Wl,-soname,{library}", f"-Wl,--version-script={versions}"]
        subprocess.run([*command, "-o", str(folder / library), str(source)], check=True, capture_output=True)
    return folder


def _printed(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
