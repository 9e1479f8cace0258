"""A proof of capacity by somebody else's clock: the messages, the challenger, and the node that answers it.

``message``, ``verdict`` and ``check`` are what verifies and stand on the certify core alone. ``desk`` is the challenger
without a wire: a state machine with its clock and its dice given to it. ``server`` puts it on the network and is the
one door to ``aiohttp``, which only whoever challenges needs; a node speaks through ``line``, with the standard library.
"""
