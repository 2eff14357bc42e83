"""First and last name beside the full name: from a column that is split, from columns of their own, from a request."""

from app.leads.bundle import Bundle, pack, unpack
from app.leads.contacts import Contact
from app.leads.full_names import FIRST_LAST, LAST_FIRST
from app.leads.rows import ReadLead, RowReader, read_values
from tests.app.leads.test_rows import DEFAULTS, LOANS, ROW


def contact(name: str, order: str) -> Contact:
    orders = {"contact_1_name": order} if order else {}
    reader = RowReader(LOANS, dict(enumerate(ROW)), DEFAULTS, orders=orders)
    read = reader.read(2, list({**ROW, "name": name}.values()))
    assert isinstance(read, ReadLead), read
    return read.contacts[0]


def test_a_full_name_stays_and_its_parts_stand_beside_it() -> None:
    found = contact("Петренко Олена Іванівна", LAST_FIRST)
    assert (found.name, found.first_name, found.last_name) == ("Петренко Олена Іванівна", "Олена", "Петренко")


def test_without_an_order_nothing_is_guessed() -> None:
    found = contact("Петренко Олена", "")
    assert (found.name, found.first_name, found.last_name) == ("Петренко Олена", "", "")


def test_what_is_no_name_has_no_parts_and_hurts_nobody() -> None:
    found = contact("042", FIRST_LAST)
    assert (found.name, found.first_name, found.last_name) == ("042", "", "")


def test_a_request_may_name_the_parts() -> None:
    facts = {name: value for name, value in ROW.items() if name not in ("name", "phone", "email")}
    person = {"first_name": "Jan", "last_name": "Kowalski", "phones": ["+48601234567"]}
    read = read_values(LOANS, {**facts, "contacts": [person]}, DEFAULTS)
    assert isinstance(read, ReadLead), read
    assert (read.contacts[0].name, read.contacts[0].first_name) == ("Jan Kowalski", "Jan")


def test_a_lead_that_was_sealed_without_parts_has_empty_ones() -> None:
    old = Bundle([{"name": "Олена", "role": "", "phones": [], "emails": [], "messengers": []}], {})
    assert unpack(pack(old)).contacts[0] == {**old.contacts[0], "first_name": "", "last_name": ""}
