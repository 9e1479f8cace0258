"""The owner's terms as files: read and checked to the last key, edited, and filled from calendars."""
