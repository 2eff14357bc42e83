"""The forms in which phones and e-mails stand on suppression lists, and their keyed hashes. Pure.

A list may be plain, MD5 or SHA-256 (hex, upper or lower case), of e-mails (trimmed, lower case) and phones (E.164 with
or without plus, or national with or without the trunk zero); `@domain` stands for every address of a mail domain.
Invariant: only HMAC(tenant's key, hash of the form) leaves here, so that a stolen list tells nothing without the key;
a plain entry and the SHA-256 of its first form have the same hash, which is also the blind index of a lead's person.
"""

import hashlib
import re

from app.leads import emails, phones
from app.leads.bundle import PERSON
from tenants.crypto import Vault, blind_digest

SHA256, MD5, DOMAINS = 1, 2, 4
"""Bits of a list's `ways`: which further forms its entries came in, so that only those are looked up."""
_MD5_PURPOSE = "person md5"
_HEX = re.compile(r"[0-9a-fA-F]+\Z")
_DOMAIN = re.compile(r"@?((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63})\Z")
LONGEST = 320


def read_entry(vault: Vault, text: str, country: str) -> tuple[bytes, int] | None:
    """The keyed hash of one entry and the way it came in; None for what is neither phone, e-mail, domain nor hash.

    A phone without its prefix is of `country`.
    """
    written = text.strip().strip("\"'").strip()
    if not written or len(written) > LONGEST:
        return None
    if len(written) in (32, 64) and _HEX.match(written):
        digest = bytes.fromhex(written)
        if len(digest) == 16:
            return blind_digest(vault.key, _MD5_PURPOSE, digest), MD5
        return blind_digest(vault.key, PERSON, digest), SHA256
    if written.startswith("@"):
        domain = _DOMAIN.match(written.lower())
        return (vault.blind(PERSON, f"@{domain[1]}"), DOMAINS) if domain else None
    normal = emails.normal_form(written) if "@" in written else phones.to_e164(written, country)
    return (vault.blind(PERSON, normal), 0) if normal else None


def look_ups(vault: Vault, channel: str, ways: int) -> list[bytes]:
    """The keyed hashes under which a lead's phone (E.164) or e-mail may stand on lists with these ways."""
    found = [vault.blind(PERSON, channel)]
    if not ways:
        return found
    further: tuple[str, ...] = ()
    if "@" not in channel:
        further = phones.other_forms(channel)
    elif ways & DOMAINS:
        found.append(vault.blind(PERSON, channel[channel.rindex("@") :]))
    if ways & SHA256:
        found += [vault.blind(PERSON, one) for one in further]
    if ways & MD5:
        found += [_md5(vault, one) for one in (channel, *further)]
    return found


def every_form(vault: Vault, text: str, country: str) -> list[bytes]:
    """All hashes under which a plainly written phone or e-mail may stand on a list; none for a hash or a domain."""
    written = text.strip()
    if written.startswith("@"):
        return []
    normal = emails.normal_form(written) if "@" in written else phones.to_e164(written, country)
    return look_ups(vault, normal, SHA256 | MD5) if normal else []


def _md5(vault: Vault, form: str) -> bytes:
    digest = hashlib.md5(form.encode(), usedforsecurity=False).digest()
    return blind_digest(vault.key, _MD5_PURPOSE, digest)
