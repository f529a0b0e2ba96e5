"""The ceiling: an aiohttp server that only says "success"."""

from __future__ import annotations

import argparse

from aiohttp import web


async def _hello(_request: web.Request) -> web.Response:
    return web.Response(text="success")


def main() -> None:
    """Serve until told to stop."""
    options = argparse.ArgumentParser()
    options.add_argument("--port", type=int, required=True)
    app = web.Application()
    app.router.add_post("/hooks/wechat", _hello)
    web.run_app(app, host="127.0.0.1", port=options.parse_args().port, access_log=None, print=None)


if __name__ == "__main__":
    main()
