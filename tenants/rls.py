"""Row-level security: which tenant owns a row, written once for every migration.

`protect` makes a table forced and closed: `app` reaches only its tenant's rows, `platform` reaches the table by one
explicit policy, `owner` (who is bound by FORCE too) may migrate all rows. A table that is not protected must stand in
`GLOBAL_TABLES`; the catalogue test compares both with the database.
"""

from collections.abc import Iterator

GLOBAL_TABLES = frozenset({"alembic_version"})
"""Tables without a policy: none of them holds anything of a tenant's."""

ALL = "SELECT, INSERT, UPDATE, DELETE"


def protect(table: str, *, owned_by: str = "tenant_id", app: str = ALL, platform: str = ALL) -> Iterator[str]:
    """SQL that gives `table` to the tenant named in column `owned_by`.

    `app` and `platform` are the grants of those roles ("" = none): an append-only table gets "SELECT, INSERT".
    """
    mine = f"{owned_by} = current_tenant()"
    yield from _close(table, platform)
    if app:
        yield f"CREATE POLICY {table}_tenant ON {table} TO app USING ({mine}) WITH CHECK ({mine})"
        yield f"GRANT {app} ON {table} TO app"


def protect_pair(table: str, *, app: str = "SELECT") -> Iterator[str]:
    """SQL for a table whose rows are a matter between two tenants, `agency_id` and `company_id`: both read it.

    Only `platform` writes it, behind a door, so that neither side can change the other's word.
    """
    yield from _close(table, ALL)
    yield f"CREATE POLICY {table}_sides ON {table} FOR SELECT TO app USING (current_tenant() IN (agency_id, company_id))"
    yield f"GRANT {app} ON {table} TO app"


def protect_public(table: str, *, owned_by: str) -> Iterator[str]:
    """SQL for a table every tenant reads and only the tenant in `owned_by` writes."""
    mine = f"{owned_by} = current_tenant()"
    yield from _close(table, ALL)
    yield f"CREATE POLICY {table}_everyone ON {table} FOR SELECT TO app USING (true)"
    yield f"CREATE POLICY {table}_insert ON {table} FOR INSERT TO app WITH CHECK ({mine})"
    yield f"CREATE POLICY {table}_update ON {table} FOR UPDATE TO app USING ({mine}) WITH CHECK ({mine})"
    yield f"CREATE POLICY {table}_delete ON {table} FOR DELETE TO app USING ({mine})"
    yield f"GRANT {ALL} ON {table} TO app"


def _close(table: str, platform: str) -> Iterator[str]:
    yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"
    yield f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"
    yield f"CREATE POLICY {table}_owner ON {table} TO owner USING (true) WITH CHECK (true)"
    if platform:
        yield f"CREATE POLICY {table}_platform ON {table} TO platform USING (true) WITH CHECK (true)"
        yield f"GRANT {platform} ON {table} TO platform"
