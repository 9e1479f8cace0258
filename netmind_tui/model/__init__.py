"""Values and rules: frozen dataclasses and pure functions.

Imports the standard library only; does no I/O and reads no clock.
"""
