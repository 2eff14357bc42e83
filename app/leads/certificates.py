"""Proof of consent kept by others: TrustedForm certificates and Jornaya LeadiDs, read as they are written. Pure.

Invariant: what comes out has the exact form its keeper gives it; nothing is asked over the network.

A usable certificate proves a consent as the text's version or the page's address does, beside the consent's own time.
It replaces neither: the time cannot be read from it, and only the text says how many companies a lead may be passed to.
"""

import ipaddress
import re
from collections.abc import Collection
from datetime import timedelta

from app.leads.problems import Unreadable

USABLE_FOR = timedelta(days=90)
"""A TrustedForm certificate proves nothing once it is older."""
OLD, BAD = "certificate_old", "certificate_bad"
_TRUSTEDFORM = re.compile(r"https://cert\.trustedform\.com/[0-9a-f]{40}", re.IGNORECASE)
_LEADID = re.compile(r"[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}", re.IGNORECASE)


def trustedform(text: str) -> str:
    """The address of a certificate. Raises `Unreadable`."""
    if not _TRUSTEDFORM.fullmatch(text):
        raise Unreadable("bad_trustedform")
    return text


def jornaya(text: str) -> str:
    """A LeadiD in capitals. Raises `Unreadable`."""
    if not _LEADID.fullmatch(text):
        raise Unreadable("bad_jornaya")
    return text.upper()


def is_usable(trustedform_url: str, jornaya_id: str, flags: Collection[str]) -> bool:
    """Whether a lead with these flags carries a certificate that proves its consent: a LeadiD, or one not too old."""
    return bool(jornaya_id) or (bool(trustedform_url) and OLD not in flags)


def ip_address(text: str) -> str:
    """An IP address in its short form. Raises `Unreadable`."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError as wrong:
        raise Unreadable("bad_ip") from wrong
