"""What happens by itself once sandbox time reaches it: charges get booked, sessions run out."""

from billing.stripe.sandbox import bookings, payments
from billing.stripe.sandbox.act import Act
from billing.stripe.sandbox.store import Records


def due(records: Records, now: int, most: int = 200) -> list[tuple[int, str, str, str, int]]:
    """(seq, deed, account, ref, due_at) of the work whose time has come, oldest first."""
    return records.sql(
        "SELECT seq, deed, account, ref, due_at FROM task WHERE due_at <= ? ORDER BY due_at, seq LIMIT ?",
        (now, most),
    ).fetchall()


def next_due_at(records: Records) -> int | None:
    """When the next timer rings, in sandbox time."""
    found: int | None = records.sql("SELECT min(due_at) FROM task").fetchone()[0]
    return found


def do(act: Act, seq: int, deed: str, ref: str) -> None:
    """Does one piece of due work once: work and removal are one transaction."""
    if deed == "book":
        bookings.book_charge(act, act.load("charge", ref))
    else:
        payments.state_of(act, act.load("checkout.session", ref))
    act.records.sql("DELETE FROM task WHERE seq = ?", (seq,))


def keep_waiting_times(records: Records, shift_seconds: int) -> None:
    """When time is set back, work that was seconds away stays seconds away."""
    if shift_seconds < 0:
        records.sql("UPDATE task SET due_at = due_at + ? WHERE deed = 'book'", (shift_seconds,))
