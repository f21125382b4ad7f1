"""A run in virtual time: everything real but the workers, whose work is only predicted."""
