"""User accounts: one per mailbox, whatever the number of tenants the person works in.

Invariants: behind a platform door only, no tenant reads accounts; a person's name and e-mail in their memberships are
copies and change with the account.
"""

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from tenants import clock
from tenants.actor import Actor
from tenants.db import as_platform
from tenants.email_address import read_email
from tenants.errors import Forbidden, Invalid
from tenants.ids import new_id
from tenants.language import LANGUAGES, N_
from tenants.letters import Reader

LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class Account:
    """A person who can log in once the address is confirmed, unless disabled."""

    id: UUID
    email: str
    email_normal: str
    name: str
    language: str
    password_hash: str = field(repr=False)
    is_confirmed: bool
    is_disabled: bool

    @property
    def reader(self) -> Reader:
        """As the reader of a mail."""
        return Reader(self.email, self.name, self.language)


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What an account begins with."""

    email: str
    name: str
    language: str
    password_hash: str = field(repr=False)
    is_confirmed: bool = False


_COLUMNS = """id, email, email_normal, name, language, password_hash,
  confirmed_at IS NOT NULL AS is_confirmed, disabled_at IS NOT NULL AS is_disabled"""
_BY_EMAIL = text(f"SELECT {_COLUMNS} FROM user_account WHERE email_normal = :email")  # noqa: S608 (our own words)
_BY_ID = text(f"SELECT {_COLUMNS} FROM user_account WHERE id = :id")  # noqa: S608 (our own words)
_CREATE = text(f"""
INSERT INTO user_account (id, email, email_normal, name, password_hash, language, confirmed_at, created_at)
VALUES (:id, :email, :normal, :name, :hash, :language, :confirmed, :now)
ON CONFLICT (email_normal) DO NOTHING RETURNING {_COLUMNS}
""")  # noqa: S608 (our own words)
_CONFIRM = text("UPDATE user_account SET confirmed_at = coalesce(confirmed_at, :now) WHERE id = :id")
_PASSWORD = text("UPDATE user_account SET password_hash = :hash WHERE id = :id")
_RENAME = text("""
WITH renamed AS (UPDATE user_account SET name = :name, language = :language WHERE id = :id)
UPDATE membership SET name = :name WHERE user_id = :id
""")


def find(session: Session, email_normal: str) -> Account | None:
    """The account of a mailbox."""
    row = session.execute(_BY_EMAIL, {"email": email_normal}).one_or_none()
    return Account(*row) if row else None


def known(session: Session, email_normal: str) -> Account:
    """The account of a mailbox that is known to have one."""
    return Account(*session.execute(_BY_EMAIL, {"email": email_normal}).one())


def get(session: Session, user_id: UUID) -> Account:
    """The account of a user who is known to exist."""
    return Account(*session.execute(_BY_ID, {"id": user_id}).one())


def create(session: Session, new: NewAccount) -> Account | None:
    """Make an account; None, and nothing written, when the mailbox has one already (also by a race)."""
    email, normal = read_email(new.email)
    now = clock.now()
    row = session.execute(
        _CREATE,
        {
            "id": new_id(),
            "email": email,
            "normal": normal,
            "name": new.name,
            "hash": new.password_hash,
            "language": new.language,
            "confirmed": now if new.is_confirmed else None,
            "now": now,
        },
    ).one_or_none()
    return Account(*row) if row else None


def find_or_create(session: Session, new: NewAccount) -> Account:
    """The account of the mailbox as it is, or a new one."""
    return create(session, new) or known(session, read_email(new.email)[1])


def confirm(session: Session, user_id: UUID) -> None:
    """The mailbox is theirs. Repeating keeps the first time."""
    session.execute(_CONFIRM, {"id": user_id, "now": clock.now()})


def set_password_hash(session: Session, user_id: UUID, password_hash: str) -> None:
    """From now on the other password is right."""
    session.execute(_PASSWORD, {"id": user_id, "hash": password_hash})


def rename(session: Session, user_id: UUID, name: str, language: str) -> None:
    """Give the person another name and language, in all their tenants. Raises `Invalid`."""
    words = {"name": read_name(name, "name"), "language": read_language(language)}
    session.execute(_RENAME, {"id": user_id, **words})


def rename_self(session: Session, actor: Actor, name: str, language: str) -> None:
    """A logged-in person changes their own name and language. Raises `Forbidden` for a key, `Invalid`."""
    if actor.kind != "user" or actor.id is None:
        raise Forbidden(N_("Only a person has a name to change."))
    with as_platform(session, "a person's name stands in all their tenants"):
        rename(session, actor.id, name, language)


def read_name(typed: str, field_name: str) -> str:
    """A name on one line, with single spaces. Raises `Invalid` when empty or too long."""
    name = " ".join(typed.split())
    if not name:
        _refuse(field_name, N_("Please fill this in."))
    if len(name) > LONGEST_NAME:
        _refuse(field_name, N_("Use at most 120 characters."))
    return name


def read_language(code: str) -> str:
    """One of the languages Floe speaks. Raises `Invalid`."""
    if code not in LANGUAGES:
        _refuse("language", N_("Choose one of the languages."))
    return code


def _refuse(field_name: str, sentence: str) -> None:
    raise Invalid(sentence, fields={field_name: sentence})
