"""Where a request came from, and who of those may look at what is for operators."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Set

from aiohttp import web

from bot.buckets import block

LOCAL = frozenset({"127.0.0.1", "::1"})
"""A proxy on the same machine."""


def network(request: web.Request, proxies: Set[str] = LOCAL) -> str:
    """The visitor a request came from: its network address, of newer ones the first 64 bits.

    What proxies say counts only when the peer is one of ``proxies``.
    """
    return block(origin(request, proxies))


def origin(request: web.Request, proxies: Set[str] = LOCAL) -> str:
    """The network address a request came from, whole."""
    peer = request.remote or ""
    if peer in proxies:
        for hop in reversed(request.headers.get("X-Forwarded-For", "").split(",")):
            if (hop := hop.strip()) and hop not in proxies:
                return hop[:64]
    return peer


def among(networks: Iterable[str], proxies: Set[str] = LOCAL) -> Callable[[web.Request], bool]:
    """Whether a request came from one of these networks (``192.0.2.0/24``). Raises ValueError for what is none."""
    known = [ipaddress.ip_network(each, strict=False) for each in networks]

    def comes(request: web.Request) -> bool:
        try:
            address = ipaddress.ip_address(origin(request, proxies).partition("%")[0])
        except ValueError:
            return False
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return any(address.version == each.version and address in each for each in known)

    return comes
