"""The agent as a service of the system: its unit, how that is installed, and what Windows does to one under WSL."""
