"""The books: what was worked, what it used and cost, what it is worth, and what came of it, to the last minor unit."""
