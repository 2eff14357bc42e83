"""Many rows put right at once, rows mended by hand and sent again, and values for all rows: by checking again."""

import csv
import io

import pytest

from app.leads import fixes
from app.leads.batch_states import WrongState
from app.leads.batches import MappingIncomplete, set_mapping
from app.leads.check import check, start_check
from app.leads.corrections import NotTheRejects, correct
from app.leads.fixes import Fixes, Noticed
from app.leads.rejects import rejects_csv
from app.market.batch_offers import publish_batch
from app.market.prices import Price, set_price
from tenants import clock, crypto
from tenants.db import transaction
from tenants.errors import Invalid
from tests.app.leads.uploads import HEADERS, MAPPING, Desk, Person, counts, csv_of, people
from tests.world import World

ROWS = [
    *people(3),
    Person(10, property_type="Хата"),
    Person(11, property_type="Хата"),
    Person(12, property_type="Замок"),
    Person(13, phone="067 123 45 6О", email=""),
    Person(14, phone="", email="olena @ example,com"),
    Person(15, phone="8 067 765 43 21"),
    Person(16, phone="12", email=""),
]


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world.acme)


def noticed(desk: Desk, batch_id: object) -> Noticed:
    with transaction(desk.agency.id) as session:
        return fixes.noticed(session, crypto.vault(session, desk.agency.id), batch_id)  # type: ignore[arg-type]


def mend(desk: Desk, batch_id: object, decided: Fixes) -> None:
    with transaction(desk.agency.id) as session:
        fixes.decide(session, desk.agency.owner, batch_id, decided)  # type: ignore[arg-type]
    desk.start(batch_id)  # type: ignore[arg-type]
    check(desk.agency.id, batch_id)  # type: ignore[arg-type]


def rejects(desk: Desk, batch_id: object, language: str = "en") -> list[list[str]]:
    with transaction(desk.agency.id) as session:
        made = rejects_csv(session, desk.agency.owner, batch_id, language)  # type: ignore[arg-type]
    with io.TextIOWrapper(made, "utf-8-sig", newline="") as sheet:
        return list(csv.reader(sheet))


def send_back(desk: Desk, batch_id: object, rows: list[list[str]]) -> int:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    with transaction(desk.agency.id) as session:
        return correct(session, desk.agency.owner, batch_id, io.BytesIO(out.getvalue().encode()))  # type: ignore[arg-type]


def test_what_could_be_put_right_is_counted_with_examples(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.leads.reading.BLOCK_ROWS", 3)
    view = desk.upload(csv_of(ROWS))
    assert counts(view) == (10, 4, 6, 0), "the row whose phone alone is wrong keeps its e-mail"
    of_columns = [one for one in view.warnings if one["column"]]
    assert (view.warned, of_columns) == (1, [{"code": "bad_phone", "column": "Phone", "count": 1}])
    of_leads = {one["code"]: one["count"] for one in view.warnings if not one["column"]}
    assert of_leads == {"name_digits": 4, "bad_phone": 1, "channel_left_out": 1}
    found = noticed(desk, view.id)
    assert found.values == {"property_type": {"Хата": 2, "Замок": 1}}
    assert found.repairable == {"phone": 2, "email": 1}
    assert ("067 123 45 6О", "+380671234560") in found.samples["phone"]
    assert found.samples["email"] == [("olena @ example,com", "olena@example.com")]


def test_fixes_are_applied_to_every_row_by_a_new_check(desk: Desk) -> None:
    view = desk.upload(csv_of(ROWS))
    mend(desk, view.id, Fixes({"property_type": {"Хата": "detached"}}, frozenset({"phone", "email"})))
    view = desk.view(view.id)
    assert (counts(view), view.warned) == ((10, 8, 2, 0), 0)
    found = noticed(desk, view.id)
    assert (found.values, found.repairable) == ({"property_type": {"Замок": 1}}, {})
    mend(desk, view.id, Fixes())
    assert counts(desk.view(view.id)) == (10, 4, 6, 0)


def test_rows_mended_in_the_file_of_rejects_come_back(desk: Desk) -> None:
    view = desk.upload(csv_of(ROWS))
    heading, *rows = rejects(desk, view.id, "uk")
    assert heading[: len(HEADERS)] == list(HEADERS)
    for row in rows:
        row[5], row[2] = "Detached house", row[2] if row[0] != "A-16" else "+380671112233"
    assert send_back(desk, view.id, [heading, *rows]) == 6
    desk.start(view.id)
    check(desk.agency.id, view.id)
    view = desk.view(view.id)
    assert counts(view) == (10, 8, 2, 0), "those that were not mended stay out"
    assert {row[0] for row in rejects(desk, view.id)[1:]} == {"A-13", "A-14"}
    assert send_back(desk, view.id, [heading, *rows]) == 2


def test_another_file_is_not_taken_for_the_rejects(desk: Desk) -> None:
    view = desk.upload(csv_of(ROWS))
    heading, *rows = rejects(desk, view.id)
    for wrong in (
        [heading[:-1], *[row[:-1] for row in rows]],
        [["Other", *heading[1:]], *rows],
        [heading, *[[*row[:-2], "999999", row[-1]] for row in rows]],
        [list(HEADERS), *[row[:-2] for row in rows]],
    ):
        with pytest.raises(NotTheRejects):
            send_back(desk, view.id, wrong)
    assert (counts(desk.view(view.id)), desk.count("batch_correction")) == ((10, 4, 6, 0), 0)


def test_a_published_upload_is_mended_no_more(desk: Desk) -> None:
    view = desk.upload(csv_of(ROWS))
    heading, *rows = rejects(desk, view.id)
    with transaction(desk.agency.id) as session:
        price = Price(shared_minor=2000)
        set_price(session, desk.agency.owner, desk.source_id, "home_solar", price, clock.now())
        publish_batch(session, desk.agency.owner, view.id, clock.now())
    with pytest.raises(WrongState):
        send_back(desk, view.id, [heading, *rows])
    with pytest.raises(WrongState):
        mend(desk, view.id, Fixes())


@pytest.mark.parametrize(
    "wrong", [Fixes(repairs=frozenset({"name"})), Fixes({"region": {str(n): "UA-30" for n in range(10_001)}})]
)
def test_a_fix_that_is_none_is_refused(desk: Desk, wrong: Fixes) -> None:
    view = desk.upload(csv_of(people(1)))
    with pytest.raises(Invalid):
        mend(desk, view.id, wrong)


def test_a_value_for_all_rows_fills_what_the_file_leaves_empty(desk: Desk) -> None:
    batch_id = desk.receive(csv_of([*people(2), Person(3, property_type="")]))
    without = {column: target for column, target in MAPPING.items() if target != "is_owner"}
    with transaction(desk.agency.id) as session:
        same = {"is_owner": "yes", "property_type": "Квартира"}
        set_mapping(session, desk.agency.owner, batch_id, without, same)
        start_check(session, desk.agency.owner, batch_id)
    check(desk.agency.id, batch_id)
    assert counts(desk.view(batch_id)) == (3, 3, 0, 0)


@pytest.mark.parametrize("target", ["phone", "external_id", "contact_2_email", "no_such_field"])
def test_a_person_is_not_the_same_in_all_rows(desk: Desk, target: str) -> None:
    batch_id = desk.receive(csv_of(people(2)))
    with pytest.raises(MappingIncomplete), transaction(desk.agency.id) as session:
        set_mapping(session, desk.agency.owner, batch_id, MAPPING, {target: "x"})
