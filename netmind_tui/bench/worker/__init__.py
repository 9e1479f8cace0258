"""The child process that measures: the only importer of ``onnxruntime``.

Run as ``python -m netmind_tui.bench.worker PROVIDER``. The environment is set here, before anything in this folder
loads the libraries that read it.
"""

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # otherwise the library writes into the home folder
for _pool in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_pool] = "1"  # NumPy only checks results; a second spinning pool would halve ONNX Runtime's
