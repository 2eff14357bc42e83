"""A tenant's own gateway for text messages: any HTTP API, described by an address, headers and a body to fill in.

Invariants: the address is checked like a webhook's, and again with every message; what is filled in cannot change the
host; all of it is stored sealed and never shown again, only the host is.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote, quote_plus
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.delivery.addresses import NO_LOOPBACK, Loopback, webhook_address
from tenants import audit, clock, crypto
from tenants.actor import Actor
from tenants.crypto import SALT_BYTES, Vault
from tenants.errors import Invalid
from tenants.language import N_

TO, TEXT = "{to}", "{text}"
FORMATS = {"json": "application/json", "form": "application/x-www-form-urlencoded"}
LONGEST_BODY = 4_000
MOST_HEADERS = 10
_FIELD = "sms gateway"
_NAME = re.compile(r"[A-Za-z0-9-]{1,60}")
_VALUE = re.compile(r"[\x20-\x7e]{1,500}")
_OURS = frozenset({"host", "content-length", "content-type", "transfer-encoding", "connection"})

_SAVE = text("""
INSERT INTO sms_gateway (tenant_id, host, settings_sealed, enabled, changed_at)
VALUES (:tenant, :host, :sealed, true, :now)
ON CONFLICT (tenant_id) DO UPDATE SET host = excluded.host, settings_sealed = excluded.settings_sealed, enabled = true,
  changed_at = excluded.changed_at
""")
_REMOVE = text("DELETE FROM sms_gateway WHERE tenant_id = :tenant")
_HOST = text("SELECT host FROM sms_gateway WHERE tenant_id = :tenant AND enabled")


@dataclass(frozen=True, slots=True)
class Gateway:
    """How one message is sent: POST to `url` with `headers` and `body`; `{to}` and `{text}` are filled in."""

    url: str
    format: str
    body: str
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def request(
        self, to: str, words: str, loopback: Loopback = NO_LOOPBACK
    ) -> tuple[str, bytes, dict[str, str]]:
        """Address, body and headers of one message. Raises `UnsafeDestination`."""
        url = _filled(self.url, to, words, lambda value: quote(value, safe=""))
        fill = _json_text if self.format == "json" else quote_plus
        body = _filled(self.body, to, words, fill)
        headers = {"Content-Type": FORMATS[self.format], **dict(self.headers)}
        return webhook_address(url, loopback).url, body.encode(), headers


def save(session: Session, actor: Actor, wanted: Gateway, loopback: Loopback = NO_LOOPBACK) -> None:
    """Set the tenant's gateway, instead of the one before. Raises `Invalid` or `UnsafeDestination`."""
    host = _demand_sound(wanted, loopback)
    tenant_id = actor.card().id
    vault, salt = crypto.vault(session, tenant_id), crypto.new_salt()
    plain = json.dumps([wanted.url, wanted.format, wanted.body, wanted.headers]).encode()
    sealed = salt + vault.seal(salt, tenant_id, _FIELD, plain)
    session.execute(_SAVE, {"tenant": tenant_id, "host": host, "sealed": sealed, "now": clock.now()})
    audit.record(session, actor, "sms_gateway.saved", "sms_gateway", tenant_id, detail={"host": host})


def remove(session: Session, actor: Actor) -> None:
    """Take the gateway away; what waits for it is given up. Safe to repeat."""
    tenant_id = actor.card().id
    session.execute(_REMOVE, {"tenant": tenant_id})
    audit.record(session, actor, "sms_gateway.removed", "sms_gateway", tenant_id)


def host_of(session: Session, tenant_id: UUID) -> str | None:
    """The host of the tenant's gateway; None when there is none."""
    host = session.execute(_HOST, {"tenant": tenant_id}).scalar()
    return str(host) if host else None


def opened(vault: Vault, sealed: bytes) -> Gateway:
    """A stored gateway."""
    plain = vault.open(sealed[:SALT_BYTES], vault.tenant_id, _FIELD, sealed[SALT_BYTES:])
    url, form, body, headers = json.loads(plain)
    return Gateway(url, form, body, tuple((name, value) for name, value in headers))


def read_headers(written: str) -> tuple[tuple[str, str], ...]:
    """Headers as a person writes them, one a line, `Name: value`. Raises `Invalid`."""
    found = []
    for line in written.splitlines():
        name, colon, value = (part.strip() for part in line.partition(":"))
        if not line.strip():
            continue
        if not (colon and _NAME.fullmatch(name) and _VALUE.fullmatch(value)) or name.lower() in _OURS:
            raise _invalid("headers", N_("Write each header on a line of its own, as Name: value."))
        found.append((name, value))
    if len(found) > MOST_HEADERS:
        raise _invalid("headers", N_("At most 10 headers."))
    return tuple(found)


def _demand_sound(wanted: Gateway, loopback: Loopback) -> str:
    if wanted.format not in FORMATS:
        raise _invalid("format", N_("Choose JSON or a form."))
    if not 0 < len(wanted.body) <= LONGEST_BODY:
        raise _invalid("body", N_("The body has 1 to 4,000 characters."))
    if any(mark not in wanted.url + wanted.body for mark in (TO, TEXT)):
        raise _invalid("body", N_("Write {to} where the phone number goes and {text} where the words go."))
    if "{" in wanted.url.partition("://")[2].partition("/")[0]:
        raise _invalid("url", N_("The host of a gateway is fixed: nothing is filled in there."))
    address, body, _ = wanted.request("+380441234567", 'He said "yes"', loopback)
    if wanted.format == "json":
        try:
            json.loads(body)
        except ValueError:
            raise _invalid("body", N_("With the places filled in, this is not JSON.")) from None
    return webhook_address(address, loopback).host


def _filled(template: str, to: str, words: str, fill: Callable[[str], str]) -> str:
    values = {TO: fill(to), TEXT: fill(words)}
    return "".join([values.get(part, part) for part in re.split(r"(\{to\}|\{text\})", template)])


def _json_text(value: str) -> str:
    return json.dumps(value)[1:-1]


def _invalid(field_name: str, sentence: str) -> Invalid:
    return Invalid(sentence, fields={field_name: sentence})
