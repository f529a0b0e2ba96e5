"""Opening the port."""

from __future__ import annotations

from aiohttp import web

from bot.errors import ConfigurationError

BACKLOG = 1024


async def listen(runner: web.AppRunner, host: str, port: int) -> str:
    """Begin to listen; the address by which this machine reaches us. Raises ConfigurationError."""
    site = web.TCPSite(runner, host, port, backlog=BACKLOG)
    try:
        await site.start()
    except OSError as error:
        raise ConfigurationError("web.port", f"cannot listen on {host}:{port}: {error.strerror}") from None
    return here(host, site.port)


def here(host: str, port: int) -> str:
    """How this machine reaches a server of its own that listens there."""
    host = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # compared, not bound
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
