"""What kind of address an e-mail is: free, corporate, thrown away, a desk's, or a misspelt one. Pure; no network.

Invariant: a domain is free, thrown away, or an organisation's own, never two of them; only what no list knows can be
a misspelling.
"""

from functools import cache, lru_cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "lists"
FREE, CORPORATE, DISPOSABLE = "email_free", "email_corporate", "email_disposable"
_SHORTEST_MISSPELT = 7
"""Shorter domains have too many honest neighbours."""
_LARGE = (
    "gmail.com", "yahoo.com", "outlook.com", "hotmail.com", "icloud.com", "live.com", "ukr.net", "mail.ru",
    "yandex.ru", "interia.pl", "gazeta.pl", "seznam.cz", "web.de", "gmx.net", "gmx.de", "orange.fr", "libero.it",
    "proton.me", "protonmail.com", "btinternet.com",
)  # fmt: skip


def flags_of_email(address: str) -> tuple[str, ...]:
    """What is noticed about an address in its normal form."""
    local, _, domain = address.rpartition("@")
    kinds = flags_of_domain(domain)
    return (*kinds, "email_role") if local.partition("+")[0] in _listed("role_names") else kinds


@lru_cache(maxsize=50_000)
def flags_of_domain(domain: str) -> tuple[str, ...]:
    """What its domain says of an address; a subdomain of a thrown-away host is one too."""
    if _is_listed(domain, "disposable_mail"):
        return (DISPOSABLE,)
    if domain in _listed("free_mail"):
        return (FREE,)
    return (CORPORATE, "email_typo") if _is_misspelt(domain) else (CORPORATE,)


def _is_listed(domain: str, name: str) -> bool:
    known = _listed(name)
    while domain:
        if domain in known:
            return True
        domain = domain.partition(".")[2]
    return False


def _is_misspelt(domain: str) -> bool:
    return any(len(large) >= _SHORTEST_MISSPELT and _is_one_slip(domain, large) for large in _LARGE)


def _is_one_slip(written: str, meant: str) -> bool:
    """Whether one letter too many, too few, wrong, or two exchanged stand between the words."""
    if written == meant or abs(len(written) - len(meant)) > 1:
        return False
    start = 0
    while start < min(len(written), len(meant)) and written[start] == meant[start]:
        start += 1
    a, b = written[start:], meant[start:]
    if len(a) == len(b):
        return a[1:] == b[1:] or (len(a) > 1 and a[:2] == b[1::-1] and a[2:] == b[2:])
    return a[1:] == b if len(a) > len(b) else a == b[1:]


@cache
def _listed(name: str) -> frozenset[str]:
    lines = (_FOLDER / f"{name}.txt").read_text("utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))
