"""What is asked about files that go with tickets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from bot.domain.evidence import Copies


class EvidenceQuestions(Protocol):
    """Copies of files, and what is said in them."""

    async def copies(self, ids: Sequence[str]) -> Mapping[str, Copies]:
        """What there is of these files besides the files, by id; files that are not known are missing."""
        ...
