"""Speed, measured against a baseline in the same process on the same points; never asserted.

``pytest -m benchmark tests/benchmarks`` runs a short version, ``python -m tests.benchmarks`` the
whole and prints it as Markdown.
"""
