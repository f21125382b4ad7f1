"""The best materials of a lake in one file."""
