"""A proof of capacity by somebody else's clock: the messages, the challenger, and the node that answers it.

``message``, ``verdict`` and ``check`` are what verifies and stand on the certify core alone. ``desk`` is the challenger
without a wire: a state machine with its clock and its dice given to it, over the ``book`` of its sessions.
``reception`` answers at its paths, and ``server`` puts that on the network behind a ``door``: the one door to
``aiohttp``, which only whoever challenges needs. A ``node`` speaks through ``line``, with the standard library,
believes by ``doubt``, and has a ``deadline`` for all of it.
"""
