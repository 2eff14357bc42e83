"""A check of a file whose first rows do not tell day from month waits until the whole file is read.

Invariant: no row of such a file is read before the whole file had its say; every other file is checked while it is read.
"""

import time
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from app.leads import batch_queries, reading, told_dates
from tenants.db import transaction

PATIENCE = timedelta(seconds=60)
"""Then the sweep wakes the check again."""
_NAP_SECONDS = 0.1
_NAPS = int(PATIENCE.total_seconds() / _NAP_SECONDS)
_UNREAD = text("""
SELECT mapping, name_orders, vertical, vertical_version, lead_type FROM batch
WHERE tenant_id = :tenant AND id = :id AND state = 'checking' AND rows_total IS NULL
""")


def are_told(tenant_id: UUID, batch_id: UUID) -> bool:
    """Whether the rows can be read: at once, unless the order of some dates is open; then the file is read to its end first.
    False when it is in other hands for too long."""
    for _ in range(_NAPS):
        with transaction(tenant_id) as session:
            batch = session.execute(_UNREAD, {"tenant": tenant_id, "id": batch_id}).one_or_none()
            if batch is None:
                return True
            if not told_dates.awaited(batch, batch_queries.samples(session, tenant_id, batch_id)):
                return True
        if not reading.read(tenant_id, batch_id):
            time.sleep(_NAP_SECONDS)
    return False
