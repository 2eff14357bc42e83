"""The importer by the API alone, over real HTTP: a messy file is laid out, mapped, checked, put right, mended, published and
taken back."""

from dataclasses import dataclass
from typing import Any

import pytest

from tenants.api_keys import create_by_operator
from tests.app.api.described import Client, Document
from tests.app.api.served import over_http, work
from tests.app.leads.uploads import HEADERS, Person, people
from tests.world import World, make_party

pytestmark = pytest.mark.committed

COLUMN = {heading: number for number, heading in enumerate(HEADERS)}


@dataclass
class Office:
    """An agency's program, a stranger's, and a file that was sent."""

    agency: Client
    stranger: Client
    source_id: str
    batch_id: str

    def __call__(self, operation: str, body: Any = None, **more: Any) -> Any:
        return self.agency(operation, body, batch_id=self.batch_id, **more)

    def refused(self, operation: str, body: Any = None, **more: Any) -> tuple[int, str]:
        return self.agency.refused(operation, body, batch_id=self.batch_id, **more)

    def checked(self) -> tuple[str, int, int, int]:
        assert self("check_batch")["state"] == "checking"
        work()
        batch = self("read_batch")
        return batch["state"], batch["accepted"], batch["warned"], batch["rejected"]


def messy() -> bytes:
    """Title rows, semicolons, Windows-1251, a line that looks like a heading above the real one."""
    rows = [
        *people(4),
        *[Person(number, property_type="Хата") for number in (10, 11)],
        Person(12, property_type="Замок"),
        Person(13, phone="067 123 45 6О", email=""),
        Person(14, phone="17", email=""),
    ]
    cells = [row.row() for row in rows]
    for row in cells:
        row[COLUMN["Name"]] = "Петренко Олена Іванівна"
        row[COLUMN["Owner"]] = ""
    lines = ["Звіт за листопад", "Агенція «Acme»;;", "", ";".join(HEADERS), *map(";".join, cells)]
    return ("\r\n".join(lines) + "\r\n").encode("cp1251")


@pytest.fixture
def office(world: World, server: str) -> Office:
    assert world.floe
    wire = over_http(server)
    document = Document(wire)
    slugs = (world.acme.card.slug, make_party("agency", "Apex Leads", "UA").card.slug)
    agency, stranger = (Client(document, wire, create_by_operator(slug, ["all"])) for slug in slugs)
    source = agency("create_source", {"name": "Landing page", "channel": "paid_search"})
    words = {"language": "uk", "body": "Погоджуюсь…", "recipients": "Installers", "max_recipients": 5}
    consent = agency("create_consent_text", {"name": "Form", **words})
    form = {
        "file": ("листопад.csv", messy()), "vertical": "home_solar", "type": "consumer", "source_id": source["id"],
        "country": "UA", "legal_basis": "consent", "consent_text_id": consent["id"],
    }  # fmt: skip
    batch = agency("create_batch", form=form)
    assert (batch["layout"]["encoding"], batch["layout"]["header_row"]) == ("cp1251", 4)
    return Office(agency, stranger, source["id"], batch["id"])


def test_a_messy_file_goes_the_whole_way_by_the_document_alone(office: Office) -> None:
    _lay_out(office)
    _map(office)
    _say_what_values_mean(office)
    assert office.checked() == ("checked", 7, 0, 2)
    _put_right(office)
    _mend(office)
    _publish(office)


def _lay_out(office: Office) -> None:
    wrong = office("lay_out_batch", {"header_row": 1})
    assert wrong["columns"][0]["heading"] == "Звіт за листопад"
    assert office.refused("lay_out_batch", {"header_row": 1_000_000})[0] == 422
    right = office("lay_out_batch", {"encoding": "cp1251", "delimiter": ";", "header_row": 4})
    assert [one["heading"] for one in right["columns"]] == list(HEADERS)
    work()


def _map(office: Office) -> None:
    found = office("read_mapping")
    names = found["columns"][COLUMN["Name"]]
    assert (names["suggested"], names["suggested_order"]) == ("contact_1_name", "last_first_patronymic")
    assert names["confidence"] >= 80
    columns = [
        {"column": one["column"], "target": one["suggested"], "name_order": one["suggested_order"]}
        for one in found["columns"]
    ]
    few = {"columns": columns[:2]}
    assert office.refused("map_batch", few) == (422, "mapping_incomplete")
    wrong = {"columns": [{**columns[0], "name_order": "last_first"}, *columns[1:]]}
    assert office.refused("map_batch", wrong) == (422, "mapping_incomplete")
    made = office("map_batch", {"columns": columns, "constants": [{"target": "is_owner", "value": "yes"}]})
    assert (made["state"], made["columns"][1]["name_order"]) == ("mapped", "last_first_patronymic")
    assert office("read_mapping")["constants"] == [{"target": "is_owner", "value": "yes"}]
    kept = office("map_batch", {"columns": columns})
    assert kept["state"] == "mapped"
    assert office("read_mapping")["constants"], "without a word about them they stay"


def _say_what_values_mean(office: Office) -> None:
    before = office("read_preview")
    assert (before["total"], before["ready"]) == (9, 4)
    number = COLUMN["Property"]
    found = office("read_values", number=number)
    assert (found["is_whole"], found["different"], found["not_understood"]) == (True, 3, 2)
    assert found["values"][0] == {
        "written": "Хата", "count": 2, "deed": "as_it_is", "value": None, "settled_by": "unknown",
    }  # fmt: skip
    assert office.refused("read_values", number=99) == (404, "not_found")
    assert office.refused("read_values", number=COLUMN["Phone"]) == (422, "invalid")
    use = {"written": "Хата", "deed": "use", "value": "detached"}
    said = {"target": "property_type", "values": [{**use, "value": None}]}
    assert office.refused("say_values", said) == (422, "invalid")
    assert office.refused("say_values", {"target": "no_such", "values": [use]}) == (422, "invalid")
    others = {
        "target": "property_type",
        "values": [use, {"written": "Замок", "deed": "use", "value": "detached"}],
    }
    office("say_values", others)
    assert office("read_preview")["ready"] == 7
    assert office("read_values", number=number, query={"search": "хат"})["values"][0]["settled_by"] == "yours"


def _put_right(office: Office) -> None:
    found = office("read_fixes")
    (repair,) = found["found_repairs"]
    assert (repair["kind"], repair["count"]) == ("phone", 1)
    assert repair["samples"] == [{"written": "067 123 45 6О", "meant": "+380671234560"}]
    values = [{**one, "value": one["value"]} for one in found["values"]]
    castle = [
        {**one, "deed": "leave_out", "value": None} if one["written"] == "Замок" else one for one in values
    ]
    office("decide_fixes", {"values": castle, "repairs": ["phone"]})
    assert office("read_fixes")["repairs"] == ["phone"]
    assert office.checked() == ("checked", 7, 0, 2)
    assert office("read_fixes")["found_repairs"] == []
    assert "You decided to leave out rows with this value." in office("read_rejects")


def _mend(office: Office) -> None:
    rejects = office("read_rejects")
    assert office.refused("send_corrections", form={"file": ("x.csv", b"a;b\r\n1;2\r\n")}) == (
        422,
        "not_the_rejects",
    )
    mended = ("rejects.csv", rejects.replace(";17;", ";+380679911001;").encode())
    assert office("send_corrections", form={"file": mended}, key="once") == {"corrected": 2}
    assert office("send_corrections", form={"file": mended}, key="once") == {"corrected": 2}
    assert office.checked() == ("checked", 8, 0, 1)
    assert office("read_batch")["corrected"] == 2


def _publish(office: Office) -> None:
    assert office.refused("stage_batch") == (422, "price_missing") or office.refused("stage_batch")[0] in (
        409,
        422,
    )
    price = {"source_id": office.source_id, "vertical": "home_solar", "shared_minor": 2000}
    office.agency("set_price", price)
    assert office("stage_batch")["state"] == "checked", "a small file needs nothing"
    terms = {
        "legal_basis": "consent",
        "consent_text_id": office("read_batch")["consent_text_id"],
        "max_sales": 2,
    }
    assert office("set_batch_terms", terms)["state"] == "checking"
    assert office.refused("publish_batch")[0] == 409
    work()
    assert office("set_batch_terms", terms)["state"] == "checked"
    assert office.refused("pause_batch")[0] == 409
    assert office("publish_batch") == {"published": 8}
    assert office("pause_batch")["state"] == office("pause_batch")["state"] == "paused"
    assert office("resume_batch")["state"] == "published"
    assert office.refused("lay_out_batch", {"header_row": 4})[0] == 409
    assert office("undo_batch") == {"withdrawn": 8, "sold": 0}
    for operation in ("read_mapping", "read_fixes", "read_preview", "resume_batch", "stage_batch"):
        assert office.stranger.refused(operation, batch_id=office.batch_id) == (404, "not_found")
