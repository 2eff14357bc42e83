"""Reading a page's address and forms: ids, periods, times of the tenant's zone. What cannot be read is refused.

Invariant: an unreadable id gives the answer of an absent one.
"""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import request

from app.guard import actor
from app.pages.days import read_day, start_of
from tenants.errors import Invalid, NotFound
from tenants.ids import new_id
from tenants.language import N_


def one_id(written: str) -> UUID:
    """An id of the address. Raises `NotFound`."""
    try:
        return UUID(written)
    except ValueError as error:
        raise NotFound from error


def picked_id(written: str) -> UUID:
    """What was chosen in a field; for nothing, or what is no id, one that nothing has: the rule marks the field then."""
    try:
        return UUID(written)
    except ValueError:
        return UUID(int=0)


def place() -> UUID | None:
    """Where this page goes on (`?after=`), None at the start. Raises `NotFound`."""
    written = request.args.get("after")
    return one_id(written) if written else None


def chosen(name: str, allowed: object = None) -> tuple[str, ...]:
    """The values of a filter; with `allowed`, the unknown are left out."""
    values = tuple(request.args.getlist(name))
    return tuple(value for value in values if value in allowed) if allowed is not None else values  # type: ignore[operator]


def picked() -> list[UUID]:
    """The rows selected in a table. Raises `Invalid` for none."""
    ids = [one_id(written) for written in request.form.getlist("ids")]
    if not ids:
        raise Invalid(N_("Select at least one row."), fields={"ids": N_("Select at least one row.")})
    return ids


def period() -> tuple[datetime | None, datetime | None]:
    """`?from=` and `?to=`, whole days of the tenant's zone, both included. Raises `Invalid`."""
    start = read_day(request.args.get("from", ""), "from")
    end = read_day(request.args.get("to", ""), "to")
    return start_of(start) if start else None, start_of(end + timedelta(days=1)) if end else None


def form_id(name: str) -> UUID | None:
    """An id of a form; None when nothing is chosen. Raises `NotFound`."""
    written = request.form.get(name, "")
    return one_id(written) if written else None


def form_count(name: str) -> int | None:
    """A number of a form; None when nothing is written, and 0, which no rule accepts, for what is no number."""
    written = request.form.get(name, "").strip()
    if not written:
        return None
    return int(written) if written.isascii() and written.isdigit() and len(written) < 10 else 0


def local_time(name: str) -> datetime:
    """A time typed into a form, in the tenant's zone. Raises `Invalid`."""
    try:
        typed = datetime.fromisoformat(request.form.get(name, "").strip())
    except ValueError as error:
        raise Invalid(
            N_("Please correct the marked fields."), fields={name: N_("Write a date and a time.")}
        ) from error
    return typed if typed.tzinfo else typed.replace(tzinfo=ZoneInfo(actor().card().time_zone))


def for_input(at: datetime) -> str:
    """An instant as a time field of a form wants it, in the tenant's zone."""
    return at.astimezone(ZoneInfo(actor().card().time_zone)).strftime("%Y-%m-%dT%H:%M")


def fresh_key() -> str:
    """A key for a form that must act once, however often it is sent."""
    return str(new_id())
