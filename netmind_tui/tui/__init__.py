"""The terminal interface. Imports everything below it, never ``cli``. One door for ``textual``."""
