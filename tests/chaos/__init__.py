"""Desks that are killed, stopped, cut off and lied to, and an oracle that looks what became of them.

``python -m tests.chaos`` runs it; docs/reliability.md says what is promised and how each promise is tried. Real
processes of ``main.py serve`` on loopback, fake platforms, a driver that repeats as the platforms do and remembers what
was acknowledged, and an oracle that opens the database of a desk that is not running.
"""
