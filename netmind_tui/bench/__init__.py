"""Proving speed: the kernel catalogue, the plan, the worker child that measures, and what its samples mean.

Imports ``probe`` and what is below it. One door for ``onnxruntime`` (``worker.py``).
"""
