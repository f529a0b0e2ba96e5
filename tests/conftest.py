"""What holds for all tests."""

from __future__ import annotations

from hypothesis import settings

# No deadline: how long an example takes on a busy machine says nothing about whether it is right.
settings.register_profile("desk", deadline=None)
settings.load_profile("desk")
