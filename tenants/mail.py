"""Mail to people: a row in the outbox of the deed's own transaction, sent later by whoever finds it due.

Invariants: a mail exists if and only if its deed was committed; its body, which may hold a one-time link, is wiped once
it was sent or given up; a mail may arrive twice after a crash, then with the same Message-ID. Only this module speaks
SMTP, and never inside a transaction.
"""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid, parseaddr
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from tenants import clock, jobs
from tenants.db import platform_transaction
from tenants.ids import new_id

RETRY_SECONDS = (60, 300, 1_800, 7_200, 36_000)
"""After each failed attempt; then the mail is dead. About 12 hours in all."""
LEASE = timedelta(minutes=10)
AT_ONCE = 20
TIMEOUT_SECONDS = 20
IMPLICIT_TLS_PORT = 465


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """The server that takes our mail. A password is only ever sent over TLS."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    sender: str


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail to one person, in plain text."""

    to: str
    subject: str
    body: str


class NotSent(RuntimeError):
    """The server did not take a mail; `is_final` when no later attempt can succeed."""

    def __init__(self, reason: str, *, is_final: bool) -> None:
        super().__init__(reason)
        self.is_final = is_final


_smtp: SmtpSettings | None = None


def use_smtp(settings: SmtpSettings) -> None:
    """Name the mail server. Called once at start-up."""
    global _smtp
    _smtp = settings


_POST = text("""
INSERT INTO mail (id, tenant_id, to_address, subject, body, due_at, created_at)
VALUES (:id, :tenant, :to, :subject, :body, :due, :now)
""")

_CLAIM = text("""
UPDATE mail SET state = 'sending', lease_until = :lease, attempts = attempts + 1
WHERE id IN (
  SELECT id FROM mail WHERE due_at <= :now
    AND (state = 'pending' OR state = 'sending' AND lease_until <= :now)
  ORDER BY due_at LIMIT :limit FOR UPDATE SKIP LOCKED)
RETURNING id, to_address, subject, body, attempts
""")

# whoever lost the lease has nothing to say any more
_RECORD = text("""
UPDATE mail SET state = :state, due_at = coalesce(:due, due_at), lease_until = NULL, last_error = :error,
  sent_at = :sent, body = CASE WHEN :state = 'pending' THEN body ELSE '' END
WHERE id = :id AND state = 'sending' AND attempts = :attempt
""")


def post(
    session: Session, to: str, subject: str, body: str, tenant_id: UUID | None, due_at: datetime | None = None
) -> UUID:
    """Put a mail into the outbox of the caller's transaction; a worker is woken after the commit.

    `tenant_id` is the tenant on whose behalf it is sent: for a session without a platform door its own one. Not for
    contact data of leads: the body lies readable until it is sent. Gives the mail's id.
    """
    now = clock.now()
    mail_id = new_id()
    session.execute(
        _POST,
        {
            "id": mail_id,
            "tenant": tenant_id,
            "to": to,
            "subject": subject,
            "body": body,
            "due": due_at or now,
            "now": now,
        },
    )
    if due_at is None or due_at <= now:
        jobs.enqueue(session, send_waiting)
    return mail_id


def send_now(letter: Letter) -> None:
    """Send a mail whose words must not be stored (contact data). Never inside a transaction. Raises `NotSent`."""
    with _server() as server:
        _send(server, letter, make_msgid(domain=_domain()), clock.now())


@jobs.job(jobs.FAST)
def send_waiting() -> None:
    """Send what is due, woken by a deed."""
    send_due(clock.now())


@jobs.sweep(every_seconds=60, talks=True)
def send_forgotten(now: datetime) -> None:
    """Send what no worker was woken for: retries, and what the queue lost."""
    send_due(now)


def send_due(now: datetime) -> int:
    """Send every mail due by `now` and record what became of it; gives how many were sent. Safe to repeat."""
    sent = 0
    while claimed := _claim(now):
        sent += _send_all(claimed, now)
    return sent


@dataclass(frozen=True, slots=True)
class _Claimed:
    id: UUID
    letter: Letter
    attempt: int


def _claim(now: datetime) -> list[_Claimed]:
    with platform_transaction("claim mails of all tenants") as session:
        rows = session.execute(_CLAIM, {"now": now, "lease": now + LEASE, "limit": AT_ONCE})
        return [_Claimed(row.id, Letter(row.to_address, row.subject, row.body), row.attempts) for row in rows]


def _send_all(claimed: list[_Claimed], now: datetime) -> int:
    left = list(claimed)
    sent = 0
    try:
        with _server() as server:
            while left:
                sent += _send_claimed(server, left[0], now)
                left.pop(0)
    except NotSent as failure:
        for mail in left:
            _record_failure(mail, failure, now)
    return sent


def _send_claimed(server: smtplib.SMTP, mail: _Claimed, now: datetime) -> bool:
    try:
        _send(server, mail.letter, f"<{mail.id}@{_domain()}>", now)
    except NotSent as failure:
        _record_failure(mail, failure, now)
        return False
    _record(mail, state="sent", sent=now)
    return True


def _record_failure(mail: _Claimed, failure: NotSent, now: datetime) -> None:
    if failure.is_final or mail.attempt > len(RETRY_SECONDS):
        _record(mail, state="dead", error=str(failure))
    else:
        _record(mail, due=now + timedelta(seconds=RETRY_SECONDS[mail.attempt - 1]), error=str(failure))


def _record(
    mail: _Claimed,
    *,
    state: str = "pending",
    due: datetime | None = None,
    error: str | None = None,
    sent: datetime | None = None,
) -> None:
    words = {"state": state, "due": due, "error": error and error[:500], "sent": sent}
    with platform_transaction("record what became of a mail") as session:
        session.execute(_RECORD, {"id": mail.id, "attempt": mail.attempt, **words})


@contextmanager
def _server() -> Iterator[smtplib.SMTP]:
    settings = _settings()
    try:
        server = _connect(settings)
    except (OSError, smtplib.SMTPException) as error:
        raise NotSent(f"the mail server does not answer: {error}", is_final=False) from error
    try:
        yield server
    finally:
        with suppress(OSError, smtplib.SMTPException):  # it may have hung up already
            server.quit()


def _connect(settings: SmtpSettings) -> smtplib.SMTP:
    if settings.port == IMPLICIT_TLS_PORT:
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            settings.host, settings.port, "localhost", timeout=TIMEOUT_SECONDS, context=_context()
        )
    else:
        server = smtplib.SMTP(settings.host, settings.port, "localhost", timeout=TIMEOUT_SECONDS)
    try:
        _introduce(server, settings)
    except BaseException:
        server.close()
        raise
    return server


def _introduce(server: smtplib.SMTP, settings: SmtpSettings) -> None:
    server.ehlo()
    is_private = isinstance(server, smtplib.SMTP_SSL)
    if not is_private and server.has_extn("starttls"):
        server.starttls(context=_context())
        server.ehlo()
        is_private = True
    if settings.user:
        if not is_private:
            raise smtplib.SMTPException("it offers no TLS, and the password is not sent in clear")
        server.login(settings.user, settings.password)


def _context() -> ssl.SSLContext:
    return ssl.create_default_context()


def _send(server: smtplib.SMTP, letter: Letter, message_id: str, now: datetime) -> None:
    if not letter.to:
        raise NotSent("no address", is_final=True)
    try:
        server.send_message(_message(letter, message_id, now), to_addrs=[letter.to])
    except smtplib.SMTPRecipientsRefused as refusal:
        code, reason = refusal.recipients[letter.to]
        raise NotSent(f"{code} {reason!r}", is_final=code >= 500) from refusal
    except smtplib.SMTPResponseException as refusal:
        raise NotSent(str(refusal), is_final=refusal.smtp_code >= 500) from refusal
    except (smtplib.SMTPException, OSError) as error:
        raise NotSent(str(error), is_final=False) from error


def _message(letter: Letter, message_id: str, now: datetime) -> EmailMessage:
    message = EmailMessage()
    message["From"] = _settings().sender
    message["To"] = letter.to
    # a name typed by a stranger must not start a header of its own
    message["Subject"] = " ".join(letter.subject.split())
    message["Date"] = format_datetime(now)
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.body)
    return message


def _domain() -> str:
    return parseaddr(_settings().sender)[1].rpartition("@")[2] or "localhost"


def _settings() -> SmtpSettings:
    if _smtp is None:
        raise RuntimeError("no mail server: tenants.mail.use_smtp() was not called")
    return _smtp
