"""Prepare a database server for tenants: the three roles, the database and its extensions.

Invariants: no role of ours is a superuser or bypasses row-level security; `owner` owns everything and only migrates,
`app` owns nothing and reaches `platform` by SET ROLE alone; nobody but these three may connect.
"""

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

ROLES = {
    "owner": "LOGIN NOCREATEDB NOCREATEROLE NOREPLICATION INHERIT",
    "app": "LOGIN NOCREATEDB NOCREATEROLE NOREPLICATION NOINHERIT",
    "platform": "NOLOGIN NOCREATEDB NOCREATEROLE NOREPLICATION NOINHERIT",
}
EXTENSIONS = ("pg_trgm", "btree_gist")

_ONE_AT_A_TIME = "SELECT pg_advisory_lock(hashtext('floe: prepare the cluster'))"
_IS_POWERFUL = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = %s"
_MEMBERSHIP = sql.SQL("GRANT platform TO {} WITH INHERIT FALSE, SET TRUE")


class UnsafeRole(RuntimeError):
    """A role of ours could read every tenant's rows: a superuser, or exempt from row-level security."""


def prepare(superuser_url: str, database: str) -> None:
    """Make the server ready for the migrations; safe to repeat, also by several at once, and then changes nothing.

    A managed server's administrator will do for a superuser. Sets no passwords. Raises `UnsafeRole`, having made no
    database, when a role that exists already has too much power.
    """
    conninfo = superuser_url.replace("postgresql+psycopg://", "postgresql://", 1)
    with psycopg.connect(conninfo, autocommit=True) as server:
        server.execute(_ONE_AT_A_TIME)
        _make_roles(server)
        _make_database(server, database)
        with psycopg.connect(make_conninfo(conninfo, dbname=database), autocommit=True) as inside:
            _close_schema(inside)


def _make_roles(server: psycopg.Connection) -> None:
    for role, attributes in ROLES.items():
        found = server.execute(_IS_POWERFUL, (role,)).fetchone()
        if found and found[0]:
            raise UnsafeRole(f"the database role {role!r} must be neither superuser nor BYPASSRLS")
        verb = sql.SQL("ALTER" if found else "CREATE")
        server.execute(sql.SQL("{} ROLE {} {}").format(verb, sql.Identifier(role), sql.SQL(attributes)))
    server.execute(_MEMBERSHIP.format(sql.Identifier("app")))
    # the owner makes the few functions that run as platform
    server.execute(_MEMBERSHIP.format(sql.Identifier("owner")))


def _make_database(server: psycopg.Connection, database: str) -> None:
    name = sql.Identifier(database)
    if not server.execute("SELECT FROM pg_database WHERE datname = %s", (database,)).rowcount:
        server.execute(
            sql.SQL(
                "CREATE DATABASE {} OWNER owner TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'"
                " LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'"
            ).format(name)
        )
    server.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
    # temporary tables: COPY refuses tables under row-level security, imports go through one
    server.execute(sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO app").format(name))


def _close_schema(inside: psycopg.Connection) -> None:
    inside.execute("ALTER SCHEMA public OWNER TO owner")
    inside.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    inside.execute("GRANT USAGE ON SCHEMA public TO app, platform")
    for extension in EXTENSIONS:
        inside.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension)))
