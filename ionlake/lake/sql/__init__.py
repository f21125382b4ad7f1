"""SQL over one release: a locked connection, macros, and functions that read the grids."""
