"""Reading this machine: devices through NVML, the host through psutil and the kernel's files.

Imports ``model``, ``paths`` and ``config`` only. One door each for ``pynvml`` (``nvml.py``) and ``psutil``
(``host.py``).
"""
