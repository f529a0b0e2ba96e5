"""Video links: the one place where WeChat answers with an address instead of a file."""

from __future__ import annotations

import ipaddress
import socket

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import DefaultResolver
from yarl import URL

_HOSTS = (".qq.com", ".qpic.cn")  # weixin.qq.com ends in .qq.com
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def may_follow(url: str) -> bool:
    """Whether a video link leads to a host of WeChat's, by name and on the usual port."""
    try:
        target = URL(url)
    except ValueError:
        return False
    host = target.host or ""
    usual = (target.scheme, target.port) in (("http", 80), ("https", 443))
    return usual and not target.user and host.endswith(_HOSTS)


def same_origin(url: str, base: str) -> bool:
    """Whether a link leads back to the API's own host and port."""
    try:
        return URL(url).origin() == URL(base).origin()
    except ValueError:
        return False


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet, also when it hides inside an IPv6 address."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            ip = inner
    return ip.is_global and not ip.is_multicast


class PublicResolver(AbstractResolver):
    """Resolves names to public addresses only; the connection goes to exactly the address that was looked at."""

    def __init__(self, inner: AbstractResolver | None = None) -> None:
        self._inner = inner or DefaultResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Public addresses of a host. Raises OSError when it has none."""
        found = [one for one in await self._inner.resolve(host, port, family) if is_public(one["host"])]
        if not found:
            raise OSError(f"no public address: {host}")
        return found

    async def close(self) -> None:
        """Close the resolver inside."""
        await self._inner.close()
