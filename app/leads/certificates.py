"""Proof of consent kept by others: TrustedForm certificates and Jornaya LeadiDs, read as they are written. Pure.

Invariant: what comes out has the exact form its keeper gives it; nothing is asked over the network.
"""

import ipaddress
import re
from datetime import timedelta

from app.leads.problems import Unreadable

USABLE_FOR = timedelta(days=90)
"""A TrustedForm certificate proves nothing once it is older."""
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


def ip_address(text: str) -> str:
    """An IP address in its short form. Raises `Unreadable`."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError as wrong:
        raise Unreadable("bad_ip") from wrong
