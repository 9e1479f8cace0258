"""Work for others as processes: defined in a file, started, bounded, given back, ended with every child."""
