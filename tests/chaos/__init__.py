"""Random SIGKILLs of workers, driver and process group: ``python -m tests.chaos --kills 100``."""
