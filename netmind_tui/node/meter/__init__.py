"""What was worked, written down to the millisecond and never twice."""
