"""Slow, plain implementations against which the fast ones are compared."""
