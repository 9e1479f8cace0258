"""What whole networks must compute, in float64 with NumPy alone, for inputs small enough to wait for."""
