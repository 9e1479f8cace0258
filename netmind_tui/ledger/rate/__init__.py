"""What work is worth: rate cards as data files, the owner's own rates beside them, and the price of one piece of work.

``book.py`` is the door: a ``RateBook`` is read once and asked often. Cards that are shipped lie in ``card/``.
"""
