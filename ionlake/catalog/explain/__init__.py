"""Where a number in the lake comes from, in plain words."""
