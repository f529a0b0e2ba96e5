"""Inputs nobody thought of, made from good ones by chance, given to everything that reads what comes from outside.

``python -m tests.fuzz`` (``make fuzz``) gives a million to each decoder; a small part of it with fixed chance is in
the tests. What was found once stands in ``found/`` and is tried by every run of the tests.
"""
