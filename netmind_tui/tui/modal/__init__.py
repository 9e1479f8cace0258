"""What asks something over a screen: the only places where text is typed. Each is a screen of the terminal library."""
