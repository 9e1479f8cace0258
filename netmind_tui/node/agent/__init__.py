"""The agent: the process that looks, decides and acts once a second, and what it remembers. It loads nothing heavy."""
