"""Whether a lake is what its rows say, and how to mend it where it is not."""
