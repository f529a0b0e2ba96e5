"""The page's files: styles, scripts and icons, read once and kept in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

STATIC = Path(__file__).parent / "static"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Assets:
    """Files by their path below the folder. ``version`` changes with every change of any of them."""

    files: Mapping[str, bytes]
    version: str

    @classmethod
    def load(cls, folder: Path = STATIC) -> Assets:
        """Read a folder."""
        paths = sorted(path for path in folder.rglob("*") if path.suffix in _TYPES)
        files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
        digest = hashlib.sha256()
        for name, body in files.items():
            digest.update(f"{name}:{len(body)}:".encode() + body)
        return cls(files, digest.hexdigest()[:12])

    def response(self, version: str, name: str) -> web.Response | None:
        """A file, or None. Under its own version a browser may keep it for ever."""
        body = self.files.get(name)
        if body is None:
            return None
        keep = "public, max-age=31536000, immutable" if version == self.version else "no-cache"
        mime = _TYPES[Path(name).suffix]
        headers = {"Content-Type": f"{mime}; charset=utf-8", "Cache-Control": keep, "X-Content-Type-Options": "nosniff"}
        return web.Response(body=body, headers=headers)

    def symbols(self) -> str:
        """All icons as symbols of the page, named ``icon-<file>``."""
        return "".join(
            f'<symbol id="icon-{Path(name).stem}"{_inner(body)}</symbol>'
            for name, body in self.files.items()
            if name.startswith("icons/")
        )


def _inner(svg: bytes) -> str:
    return svg.decode().strip().removeprefix("<svg").removesuffix("</svg>")
