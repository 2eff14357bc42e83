"""Where a delivery may go: an allow-list of addresses and the one normal form of a webhook's URL. Pure.

Invariants: an address is refused unless it is a plain public unicast address; a URL that passes has a lower-case
ASCII host, no user, no fragment and an allowed port. Loopback receivers exist in demo and test mode only, each named by
host and port.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import ClassVar
from urllib.parse import SplitResult, quote, urlsplit

import idna

from tenants.errors import Invalid
from tenants.language import N_

PORTS = frozenset({443, 8443})
LONGEST_URL = 2000

_IPV6_UNICAST = IPv6Network("2000::/3")
_IPV6_SPECIAL = tuple(
    map(IPv6Network, ("2001::/23", "2002::/16", "2001:db8::/32", "3fff::/20"))
)  # tunnels, translations, documentation: each can carry a private IPv4 address or nobody's
_IPV4_SPECIAL = tuple(
    map(IPv4Network, ("192.88.99.0/24", "192.0.0.0/24", "100.64.0.0/10", "168.63.129.16/32"))
)  # 6to4 relays, protocol assignments, carrier NAT, a cloud's metadata: "global" to the standard library

_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMERIC = re.compile(r"[0-9]+|0x[0-9a-f]*")
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\<>\"^`{|}]")

HostPort = tuple[str, int]
Loopback = frozenset[HostPort]
NO_LOOPBACK: Loopback = frozenset()


class UnsafeDestination(Invalid):
    """The address of a destination is not one we will ever connect to; nothing was saved."""

    code: ClassVar[str] = "unsafe_destination"


@dataclass(frozen=True)
class WebhookAddress:
    """A checked webhook URL in its normal form."""

    url: str
    host: str
    port: int


def is_public(address: str) -> bool:
    """Whether an IP address (never a name) belongs to the public internet and to one machine there."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv6Address):
        return ip.scope_id is None and ip in _IPV6_UNICAST and not any(ip in net for net in _IPV6_SPECIAL)
    return _is_public_ipv4(ip)


def _is_public_ipv4(ip: IPv4Address) -> bool:
    if ip.is_multicast or ip.is_reserved:
        return False
    return ip.is_global and not any(ip in net for net in _IPV4_SPECIAL)


def is_loopback(address: str) -> bool:
    """Whether an IP address (never a name) is this machine's own."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def loopback_from(environ: Mapping[str, str]) -> Loopback:
    """The loopback receivers this installation may send to: none outside demo and test mode.

    Raises `RuntimeError` when the list is set beside live payment keys or is not `host:port,host:port`: such an
    installation must not start.
    """
    listed = environ.get("FLOE_ALLOW_LOOPBACK_DESTINATIONS", "")
    if not listed or environ.get("FLOE_MODE") not in {"demo", "test"}:
        return NO_LOOPBACK
    if environ.get("STRIPE_SECRET_KEY", "").startswith(("sk_live_", "rk_live_")):
        raise RuntimeError("FLOE_ALLOW_LOOPBACK_DESTINATIONS must not be set together with live payment keys")
    return frozenset(_host_port(entry.strip()) for entry in listed.split(",") if entry.strip())


def _host_port(entry: str) -> HostPort:
    host, colon, port = entry.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit():
        raise RuntimeError(f"FLOE_ALLOW_LOOPBACK_DESTINATIONS holds {entry!r}, which is not host:port")
    return host.strip("[]").lower(), int(port)


def webhook_address(raw: str, loopback: Loopback = NO_LOOPBACK) -> WebhookAddress:
    """The normal form of a webhook's URL: https, host in ASCII (punycode), port 443 or 8443.

    A host and port on the `loopback` list may also be plain http. Raises `UnsafeDestination` with a sentence for the
    person who typed it. A name that is fine here is still resolved and checked again at every connection.
    """
    parts = _split(raw.strip())
    host = _host(parts.hostname or "")
    port = _port(parts)
    if (host, port) not in loopback:
        _demand_public(parts.scheme, host, port)
    elif parts.scheme not in {"http", "https"}:
        raise UnsafeDestination(N_("A webhook address starts with https://."))
    shown = f"[{host}]" if ":" in host else host
    if port != {"http": 80, "https": 443}[parts.scheme]:
        shown = f"{shown}:{port}"
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = "?" + quote(parts.query, safe="/?%:@!$&'()*+,;=~-._") if parts.query else ""
    return WebhookAddress(f"{parts.scheme}://{shown}{path}{query}", host, port)


def _split(raw: str) -> SplitResult:
    if not raw or len(raw) > LONGEST_URL:
        raise UnsafeDestination(N_("A webhook address has 1 to 2000 characters."))
    if _UNSAFE.search(raw):
        raise UnsafeDestination(N_("A webhook address holds no spaces, backslashes or control characters."))
    try:
        parts = urlsplit(raw)
    except ValueError as error:
        raise UnsafeDestination(N_("This is not a web address.")) from error
    if "@" in parts.netloc:
        raise UnsafeDestination(
            N_("A webhook address holds no user name or password; put a secret in the path.")
        )
    if parts.fragment:
        raise UnsafeDestination(N_("A webhook address holds no # part: it would never reach the receiver."))
    return parts


def _host(raw: str) -> str:
    if ":" in raw:
        return raw.lower()
    try:
        host = idna.encode(raw.removesuffix("."), uts46=True).decode() if not raw.isascii() else raw
    except idna.IDNAError as error:
        raise UnsafeDestination(N_("The host name is not valid.")) from error
    host = host.lower().removesuffix(".")
    if not host or len(host) > 253 or not all(_LABEL.fullmatch(label) for label in host.split(".")):
        raise UnsafeDestination(N_("The host name is not valid."))
    return host


def _port(parts: SplitResult) -> int:
    try:
        port = parts.port
    except ValueError as error:
        raise UnsafeDestination(N_("The port is not a number.")) from error
    if port is not None:
        return port
    return 80 if parts.scheme == "http" else 443


def _demand_public(scheme: str, host: str, port: int) -> None:
    if scheme != "https":
        raise UnsafeDestination(N_("A webhook address starts with https://."))
    if port not in PORTS:
        raise UnsafeDestination(N_("A webhook is sent to port 443 or 8443 only."))
    if ":" in host or _NUMERIC.fullmatch(host.rsplit(".", 1)[-1]):
        # Anything a system may read as a number is taken as an address, so 127.1, 0x7f.1 and 2130706433 are none.
        if not is_public(host):
            raise UnsafeDestination(N_("This address is not on the public internet."))
    elif "." not in host or host.endswith((".localhost", ".local", ".internal")):
        raise UnsafeDestination(N_("This host name is not on the public internet."))
