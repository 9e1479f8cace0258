"""The command line: one file per command, thin over the core.

``output.py`` alone writes stdout and ``diagnostics.py`` alone writes stderr. Imports everything below it, never
``tui``.
"""
