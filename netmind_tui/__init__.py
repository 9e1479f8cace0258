"""NetMind node: measure, certify, schedule and account for the AI compute of one machine.

Layers, lowest first: model, paths, config, probe, bench, then cli and tui side by side.
A layer imports only what is below it.
"""

__version__ = "0.1.0"
