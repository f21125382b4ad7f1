"""How well descriptors find conductors: classes, scores and their uncertainty, on plain arrays."""
