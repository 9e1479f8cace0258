"""Proof of capacity: rows that a chain of exact matrix products gives, committed to, drawn, opened and computed again.

What checks (``merkle``, ``transcript``, ``check``, ``health``, ``fiat_shamir``) stands on NumPy, the standard library
and the catalogue alone, and shares no code with what the devices run. A ``team`` is devices of this machine that prove.
"""
