"""The database takes no journal that is unbalanced, incomplete or written to later, whoever writes it.

The runtime role may not write journals at all; here it is allowed to, within a transaction that is rolled back, to
show that the check does not depend on what the writer can see.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.errors import CheckViolation, ForeignKeyViolation, InsufficientPrivilege, UniqueViolation

ROLES = ("app", "platform")

_LET_APP_WRITE = """
GRANT SELECT, INSERT ON journal, entry TO app;
CREATE POLICY test_app ON journal TO app USING (true) WITH CHECK (true);
CREATE POLICY test_app ON entry FOR INSERT TO app WITH CHECK (true)
"""

_POST = """
WITH posted AS (
  INSERT INTO journal (id, kind, key, source_id, lines, event_at, actor)
  VALUES (%(id)s, 'test', %(key)s, %(id)s, %(lines)s, '2026-01-01Z', 'test') RETURNING *)
INSERT INTO entry (journal_id, line, lines, tenant_id, account, amount_minor, currency, kind, source_id, event_at)
SELECT p.id, e.line, p.lines, gen_random_uuid(), 'wallet', e.amount, e.currency, p.kind, p.source_id, p.event_at
FROM posted p, unnest(%(amounts)s::bigint[], %(currencies)s::text[]) WITH ORDINALITY AS e (amount, currency, line)
"""

_LATER = """
INSERT INTO entry (journal_id, line, lines, tenant_id, account, amount_minor, currency, kind, source_id, event_at)
VALUES (%s, %s, %s, gen_random_uuid(), 'wallet', 1, 'EUR', 'test', gen_random_uuid(), '2026-01-01Z')
"""

Lines = tuple[tuple[int, str], ...]


@contextmanager
def _acting(superuser: psycopg.Connection, role: str) -> Iterator[None]:
    with superuser.transaction(force_rollback=True):
        if role == "app":
            superuser.execute(_LET_APP_WRITE)
        superuser.execute("SELECT set_config('role', %s, true)", (role,))
        yield


def _post(connection: psycopg.Connection, *lines: tuple[int, str], said: int | None = None) -> UUID:
    journal = uuid4()
    values = {
        "id": journal,
        "key": str(journal),
        "lines": len(lines) if said is None else said,
        "amounts": [amount for amount, _ in lines],
        "currencies": [currency for _, currency in lines],
    }
    connection.execute(_POST, values)
    return journal


@pytest.mark.parametrize("role", ROLES)
def test_a_balanced_journal_is_taken(superuser: psycopg.Connection, role: str) -> None:
    with _acting(superuser, role):
        _post(superuser, (5, "EUR"), (-5, "EUR"))
        _post(superuser, (5, "EUR"), (-5, "EUR"), (7, "USD"), (-3, "USD"), (-4, "USD"))


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    "lines",
    [
        ((5, "EUR"), (-4, "EUR")),
        ((5, "EUR"), (-5, "USD")),
        ((5, "EUR"), (-5, "EUR"), (1, "USD")),
        ((5, "EUR"), (5, "EUR")),
    ],
)
def test_an_unbalanced_journal_is_refused(superuser: psycopg.Connection, role: str, lines: Lines) -> None:
    with pytest.raises(CheckViolation) as refusal, _acting(superuser, role):
        _post(superuser, *lines)
    assert refusal.value.diag.constraint_name == "journal_is_balanced"


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("lines", [(), ((5, "EUR"), (-5, "EUR"))])
def test_a_journal_without_all_its_lines_is_refused(
    superuser: psycopg.Connection, role: str, lines: Lines
) -> None:
    with pytest.raises(CheckViolation) as refusal, _acting(superuser, role):
        _post(superuser, *lines, said=len(lines) + 2)
    assert refusal.value.diag.constraint_name == "journal_is_complete"


@pytest.mark.parametrize("role", ROLES)
def test_a_journal_says_that_it_has_lines(superuser: psycopg.Connection, role: str) -> None:
    with pytest.raises(CheckViolation) as refusal, _acting(superuser, role):
        _post(superuser, said=0)
    assert refusal.value.diag.constraint_name == "lines"


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    ("line", "lines", "refusal"),
    [
        (3, 2, CheckViolation),  # more than the journal has
        (3, 3, ForeignKeyViolation),  # as if the journal had more
        (2, 2, UniqueViolation),  # in place of one it has
        (0, 2, CheckViolation),
    ],
)
def test_no_line_comes_later(
    superuser: psycopg.Connection, role: str, line: int, lines: int, refusal: type[psycopg.Error]
) -> None:
    with _acting(superuser, role):
        journal = _post(superuser, (5, "EUR"), (-5, "EUR"))
        with pytest.raises(refusal), superuser.transaction():
            superuser.execute(_LATER, (journal, line, lines))


def test_without_platform_nobody_posts(superuser: psycopg.Connection) -> None:
    with superuser.transaction(force_rollback=True):
        superuser.execute("SET LOCAL ROLE app")
        with pytest.raises(InsufficientPrivilege), superuser.transaction():
            _post(superuser, (5, "EUR"), (-5, "EUR"))
