"""The lake as its users see it: open lakes and Intake catalogs."""
