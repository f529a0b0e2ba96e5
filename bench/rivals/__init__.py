"""The servers the product is measured against. Each is a program of its own: ``python -m bench.rivals.NAME``."""
