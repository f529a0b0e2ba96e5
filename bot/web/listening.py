"""The server around the application: opening the port, and closing it gently."""

from __future__ import annotations

from aiohttp import web

from bot.errors import ConfigurationError

BACKLOG = 1024


class Server:
    """Serves an application. A stop waits ``patience`` seconds for requests that are under way."""

    def __init__(self, application: web.Application, patience: float) -> None:
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=patience)

    async def start(self, host: str, port: int) -> str:
        """Begin to listen; how this machine reaches us. Raises ConfigurationError; `stop` it even then."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port, backlog=BACKLOG)
        try:
            await site.start()
        except OSError as error:
            raise ConfigurationError("web.port", f"cannot listen on {host}:{port}: {error.strerror}") from None
        return here(host, site.port)

    async def stop(self) -> None:
        """Take no more, finish what is under way."""
        await self._runner.cleanup()


def here(host: str, port: int) -> str:
    """How this machine reaches a server of its own that listens there."""
    host = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # compared, not bound
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
