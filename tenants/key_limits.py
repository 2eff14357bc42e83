"""What a key is limited to beside its scopes: addresses it may call from, its pace, the one source it may send for.

Invariants: a key without addresses may call from anywhere, a key with some from nowhere else; a tenant slows its keys
down but never beyond the installation's own pace; the source of a key never changes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from typing import NoReturn
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from tenants import audit
from tenants.actor import Actor
from tenants.errors import Forbidden, Invalid, NotFound
from tenants.language import N_
from tenants.permissions import Permission

MOST_NETWORKS = 50
MOST_CALLS_A_MINUTE = 100_000

_SET = text("""
UPDATE api_key SET allowed_networks = :networks, calls_a_minute = :calls
WHERE tenant_id = :tenant AND id = :id AND revoked_at IS NULL RETURNING name
""")


class IpNotAllowed(Forbidden):
    """The key may not be used from this address; nothing was done."""

    code = "ip_not_allowed"


class KeyBound(Forbidden):
    """The key is bound to one source: it only sends leads, and only of that source. Nothing was done."""

    code = "key_bound"


@dataclass(frozen=True, slots=True)
class KeyLimits:
    """As stored; `calls_a_minute` None means the installation's pace."""

    networks: tuple[str, ...] = ()
    calls_a_minute: int | None = None
    source_id: UUID | None = None


UNLIMITED = KeyLimits()


def read_limits(networks: Iterable[str], calls: str, source_id: UUID | None = None) -> KeyLimits:
    """Limits as a person types them. Raises `Invalid` naming the field."""
    return KeyLimits(read_networks(networks), _read_calls(calls.strip()), source_id)


def read_networks(typed: Iterable[str]) -> tuple[str, ...]:
    """Addresses and networks in their normal form, each once. Raises `Invalid`."""
    found = list(dict.fromkeys(_network(word) for word in typed if word))
    if len(found) > MOST_NETWORKS:
        _refuse("networks", N_("At most 50 addresses or networks."))
    return tuple(found)


def demand_place(actor: Actor, address: str) -> None:
    """Raises `IpNotAllowed` when the actor's key may not call from this address."""
    if actor.networks and not is_inside(address, actor.networks):
        raise IpNotAllowed(N_("This key may not be used from your address."), address=address)


def demand_source(actor: Actor, source_id: UUID) -> None:
    """Raises `KeyBound` when the actor's key is bound to another source."""
    if actor.source_id is not None and actor.source_id != source_id:
        raise KeyBound(N_("This key only sends leads of its own source."))


def is_inside(address: str, networks: Sequence[str]) -> bool:
    """Whether an address lies in one of the networks; an IPv4 address written as IPv6 is the IPv4 address."""
    try:
        place = ip_address(address)
    except ValueError:
        return False
    if isinstance(place, IPv6Address) and place.ipv4_mapped is not None:
        place = place.ipv4_mapped
    return any(place in ip_network(one) for one in networks)


def limit(session: Session, actor: Actor, key_id: UUID, limits: KeyLimits) -> None:
    """Change addresses and pace of a key, from its next request on; safe to repeat.

    Raises `Forbidden`, `NotFound` (also when it is revoked).
    """
    actor.demand(Permission.KEY_WRITE)
    words = {
        "tenant": actor.card().id,
        "id": key_id,
        "networks": list(limits.networks),
        "calls": limits.calls_a_minute,
    }
    if session.execute(_SET, words).one_or_none() is None:
        raise NotFound
    detail = {"networks": words["networks"], "calls_a_minute": limits.calls_a_minute}
    audit.record(session, actor, "key.limited", "api_key", key_id, detail=detail)


def _network(typed: str) -> str:
    try:
        found = ip_network(typed.strip(), strict=False)
    except ValueError:
        _refuse("networks", N_("Write addresses as 203.0.113.7 or 203.0.113.0/24, one a line."))
    return str(found) if found.num_addresses > 1 else str(found.network_address)


def _read_calls(typed: str) -> int | None:
    if not typed:
        return None
    if not (typed.isascii() and typed.isdigit() and 0 < int(typed[:7]) <= MOST_CALLS_A_MINUTE):
        _refuse("calls_a_minute", N_("The calls a minute are a whole number from 1 to 100,000."))
    return int(typed)


def _refuse(field: str, sentence: str) -> NoReturn:
    raise Invalid(sentence, fields={field: sentence})
