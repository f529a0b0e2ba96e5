"""Style sheets, scripts and icons of the pages: read once, kept in memory, packed once, served under their version."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

STATIC = Path(__file__).parent / "static"
PATH = "/static/"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Assets:
    """Files by their path below the folder, plain and packed. ``version`` changes with every change of any of them."""

    files: Mapping[str, tuple[bytes, bytes]]
    version: str

    @classmethod
    def load(cls, folder: Path = STATIC) -> Assets:
        """Read a folder."""
        paths = sorted(path for path in folder.rglob("*") if path.suffix in _TYPES)
        digest, files = hashlib.sha256(), {}
        for path in paths:
            name, body = path.relative_to(folder).as_posix(), path.read_bytes()
            digest.update(f"{name}:{len(body)}:".encode() + body)
            files[name] = (body, gzip.compress(body, mtime=0))
        return cls(files, digest.hexdigest()[:12])

    def address(self, name: str) -> str:
        """Where a file is. Raises KeyError when there is none of that name."""
        self.files[name]
        return f"{PATH}{self.version}/{name}"

    def routes(self) -> list[web.RouteDef]:
        """The files. Under their own version a browser may keep them for ever."""

        async def file(request: web.Request) -> web.StreamResponse:
            found = self.files.get(request.match_info["name"])
            if found is None:
                raise web.HTTPNotFound
            plain, packed = found
            current = request.match_info["version"] == self.version
            headers = {
                "Content-Type": f"{_TYPES[Path(request.match_info['name']).suffix]}; charset=utf-8",
                "Cache-Control": "public, max-age=31536000, immutable" if current else "no-cache",
                "Vary": "Accept-Encoding",
                "X-Content-Type-Options": "nosniff",
            }
            if "gzip" in request.headers.get("Accept-Encoding", ""):
                return web.Response(body=packed, headers={**headers, "Content-Encoding": "gzip"})
            return web.Response(body=plain, headers=headers)

        return [web.get(PATH + "{version:[0-9a-f]{12}}/{name:.+}", file)]
