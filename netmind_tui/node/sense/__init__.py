"""What the guards see: one module a guard, each from readings to one value with its source."""
