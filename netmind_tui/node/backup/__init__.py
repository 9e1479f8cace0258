"""A node in one file, and back: made while an agent runs, checked whole before anything is touched, at home once."""
