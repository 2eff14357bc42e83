"""The outbox as the tests read it: what was posted, and the one-time links in it."""

import re
from dataclasses import dataclass

from sqlalchemy import text

from tenants.db import platform_transaction


@dataclass(frozen=True, slots=True)
class Posted:
    """A mail in the outbox."""

    to: str
    subject: str
    body: str

    def token(self, path: str) -> str:
        """The one-time token behind this path; fails when the mail has no such link."""
        found = re.search(rf"https?://\S+?{re.escape(path)}([\w-]+)", self.body)
        assert found, self.body
        return found[1]


def posted(to: str | None = None) -> list[Posted]:
    """Everything in the outbox, or what is for this address, oldest first."""
    with platform_transaction("a test reads the outbox") as session:
        rows = session.execute(text("SELECT to_address, subject, body FROM mail ORDER BY created_at, id"))
        return [mail for mail in (Posted(*row) for row in rows) if to in (None, mail.to)]
