"""Addresses that are secrets themselves: whoever holds one was given it. Pure.

Invariant: only the fingerprint of a token is kept, so that no copy of the database opens an address.
"""

import hashlib
import secrets


def new_token() -> str:
    """256 random bits in letters that an address takes."""
    return secrets.token_urlsafe(32)


def fingerprint(token: str) -> bytes:
    """What is kept of a token, and what it is found by."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
