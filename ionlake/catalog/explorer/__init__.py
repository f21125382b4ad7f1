"""The lake as pages in a browser: candidates, one material, SQL."""
