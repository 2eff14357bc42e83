"""The roles of a fresh server hold no more power than the promises allow."""

import os
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import errors

from app.embedded.servers import SUPERUSER, Home, leave, open_home, start_postgres
from tenants.cluster import UnsafeRole, prepare
from tests.servers import FAST_POSTGRES

DATABASE = "floe"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A server of its own: roles belong to the whole server, and these tests bend them."""
    home = open_home(tmp_path_factory.mktemp("cluster"))
    child = start_postgres(home, lambda: False, FAST_POSTGRES)
    prepare(home.database_url(SUPERUSER, "postgres"), DATABASE)
    yield home
    child.stop()
    leave(home)


def connect(home: Home, role: str) -> "psycopg.Connection[tuple[object, ...]]":
    return psycopg.connect(home.database_url(role, DATABASE).replace("+psycopg", ""), autocommit=True)


def test_no_role_of_ours_has_power_over_rows(home: Home) -> None:
    with connect(home, SUPERUSER) as connection:
        rows = connection.execute(
            "SELECT rolname, rolcanlogin, rolinherit, rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb"
            " FROM pg_roles WHERE rolname IN ('owner', 'app', 'platform') ORDER BY 1"
        ).fetchall()
    assert rows == [
        ("app", True, False, False),
        ("owner", True, True, False),
        ("platform", False, False, False),
    ]


def test_app_becomes_platform_only_by_asking(home: Home) -> None:
    with connect(home, "app") as connection:
        row = connection.execute(
            "SELECT pg_has_role('app', 'platform', 'USAGE'), pg_has_role('app', 'platform', 'SET'),"
            " pg_has_role('app', 'owner', 'MEMBER')"
        ).fetchone()
        assert row == (False, True, False)
        connection.execute("SET ROLE platform")


def test_app_owns_nothing_and_creates_nothing(home: Home) -> None:
    with connect(home, "app") as connection, pytest.raises(errors.InsufficientPrivilege):
        connection.execute("CREATE TABLE mine (a int)")
    with connect(home, "app") as connection:
        connection.execute("SET ROLE platform")
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE mine (a int)")


def test_the_owner_migrates_and_gives_functions_to_platform(home: Home) -> None:
    with connect(home, "owner") as connection:
        connection.execute("CREATE FUNCTION one() RETURNS int LANGUAGE sql RETURN 1")
        connection.execute("GRANT CREATE ON SCHEMA public TO platform")
        connection.execute("ALTER FUNCTION one() OWNER TO platform")
        connection.execute("REVOKE CREATE ON SCHEMA public FROM platform")
        connection.execute("SET ROLE platform")
        connection.execute("DROP FUNCTION one()")


def test_a_stranger_may_not_connect(home: Home) -> None:
    with connect(home, SUPERUSER) as connection:
        connection.execute("CREATE ROLE stranger LOGIN")
    with (
        pytest.raises(psycopg.OperationalError, match="permission denied for database"),
        connect(home, "stranger"),
    ):
        pass


def test_the_database_sorts_alike_everywhere_and_has_its_extensions(home: Home) -> None:
    with connect(home, "app") as connection:
        row = connection.execute(
            "SELECT datlocprovider, datlocale, pg_get_userbyid(datdba) FROM pg_database WHERE datname = %s",
            (DATABASE,),
        ).fetchone()
        assert row == ("b", "C.UTF-8", "owner")
        names = connection.execute("SELECT extname FROM pg_extension ORDER BY 1").fetchall()
    assert {("pg_trgm",), ("btree_gist",)} <= set(names)


def test_repeating_changes_nothing(home: Home) -> None:
    facts = (
        "SELECT (SELECT array_agg(r::text ORDER BY oid) FROM pg_roles r),"
        " (SELECT datacl::text FROM pg_database WHERE datname = 'floe'),"
        " (SELECT nspacl::text FROM pg_namespace WHERE nspname = 'public'),"
        " (SELECT array_agg(m::text ORDER BY oid) FROM pg_auth_members m)"
    )
    with connect(home, SUPERUSER) as connection:
        before = connection.execute(facts).fetchone()
        prepare(home.database_url(SUPERUSER, "postgres"), DATABASE)
        assert connection.execute(facts).fetchone() == before


@pytest.mark.parametrize(
    ("role", "power"), [("app", "SUPERUSER"), ("platform", "BYPASSRLS"), ("owner", "BYPASSRLS")]
)
def test_a_role_with_too_much_power_is_refused(home: Home, role: str, power: str) -> None:
    with connect(home, SUPERUSER) as connection:
        connection.execute(f"ALTER ROLE {role} {power}")
        try:
            with pytest.raises(UnsafeRole, match=role):
                prepare(home.database_url(SUPERUSER, "postgres"), f"never_{os.getpid()}")
        finally:
            connection.execute(f"ALTER ROLE {role} NO{power}")
        assert not connection.execute("SELECT FROM pg_database WHERE datname LIKE 'never%'").rowcount
