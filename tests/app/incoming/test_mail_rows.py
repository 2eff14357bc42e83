"""Mails that hold several leads: every row of their table a lead of its own, with its own result, once."""

from collections import Counter
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from app.incoming import bodies, process
from app.incoming.mail.mail import LONGEST_LINE, read_mail, read_pasted
from app.incoming.mail.places import lay_out
from app.incoming.mail.rows import MOST_ROWS, RowsRefused, rows_of
from app.leads import verticals
from tenants.db import transaction
from tests.app.incoming.mails import PAGE, mail, parts
from tests.app.incoming.test_mail import FIXED, MailBench
from tests.world import World

RULES = {"column.Name": "name", "column.Phone": "phone"}
SHEET = "Content-Type: text/csv; charset=utf-8\r\nContent-Disposition: attachment; filename=leads.csv"


def line(*cells: str) -> str:
    return "<tr>" + "".join(f"<td style='border:1px'>{one}</td>" for one in cells) + "</tr>"


def page(*rows: str) -> bytes:
    return mail(f"<p>Leads of today</p><table>{''.join(rows)}</table>", PAGE.partition(": ")[2])


PEOPLE = page(
    line("Name", "Phone"),
    line("Олена", "+380671112233"),
    line("Іван", "+380671112244"),
    line("Олена Ш.", "067 111 22 33"),
    line("Петро", "12"),
    line("Test", "+380671112255"),
)


@pytest.fixture
def bench(world: World, client: FlaskClient) -> MailBench:
    made = MailBench(world, client)
    made.map(RULES, **FIXED)
    return made


def rows(bench: MailBench, number: int = 0) -> list[bodies.Row]:
    body = bench.log()[number]
    with transaction(bench.world.acme.id) as session:
        return bodies.rows(session, bench.world.acme.id, body)


def told(raw: bytes | str, *rules: str) -> list[list[str]]:
    """What the rules find in each row."""
    read = read_mail(raw) if isinstance(raw, bytes) else read_pasted(raw)
    places = rules or tuple(RULES)
    laid = lay_out(read, verticals.get("home_solar"), "consumer", places)
    return [[one.found.get(place, "") for place in places] for one in rows_of(read, laid, places).rows]


def test_each_row_is_a_lead_with_a_result_of_its_own(bench: MailBench) -> None:
    bench.send(PEOPLE)
    assert bench.results() == ["several"]
    found = rows(bench)
    assert [(one.number, one.result) for one in found] == [
        (1, "accepted"), (2, "accepted"), (3, "duplicate"), (4, "rejected"), (5, "quarantined"),
    ]  # fmt: skip
    assert [one.lead_id is not None for one in found] == [True, True, False, False, False]
    assert (found[3].problems[0]["code"], found[4].quarantined_id is not None) == ("bad_phone", True)
    assert (bench.desk.count("lead"), bench.desk.count("quarantined_lead")) == (2, 1)
    assert bench.log()[0].counts == Counter(one.result for one in found)
    with transaction(bench.world.acme.id) as session:
        tally = bodies.tallies(session, bench.world.acme.id)[bench.id]
    assert tally.results == bench.log()[0].counts


def test_the_same_mail_again_stores_no_row_twice(bench: MailBench) -> None:
    bench.send(PEOPLE)
    bench.send(PEOPLE)
    bench.work()
    first = rows(bench)
    assert len(bench.log()) == 1
    bench.again(bench.log()[0].id)
    bench.work()
    again = rows(bench)
    assert [one.result for one in again] == ["known", "known", "duplicate", "rejected", "quarantined"]
    assert [one.lead_id for one in again] == [one.lead_id for one in first]
    assert again[4].quarantined_id == first[4].quarantined_id
    assert (bench.desk.count("lead"), bench.desk.count("quarantined_lead")) == (2, 1)


def test_a_rule_that_was_wrong_for_some_rows_is_mended_and_they_go_again(bench: MailBench) -> None:
    bench.map({**RULES, "column.Kind": "property_type"}, is_owner="yes")
    table = "Name | Phone | Kind\nОлена | +380671112233 | detached\nІван | +380671112244 | igloo\n"
    bench.send(mail(table))
    bench.work()
    assert [one.result for one in rows(bench)] == ["accepted", "rejected"]
    bench.map(RULES, **FIXED)
    with transaction(bench.world.acme.id) as session:
        assert bodies.all_again(session, bench.owner, bench.id) == 1
    bench.work()
    assert [one.result for one in rows(bench)] == ["known", "accepted"]
    with transaction(bench.world.acme.id) as session:
        assert bodies.all_again(session, bench.owner, bench.id) == 0


def test_a_row_keeps_its_lead_when_rows_before_it_are_read_in_another_way(bench: MailBench) -> None:
    table = (
        "Name | Phone | Phone\nОлена | +380671112233 | +380671112244\nІван | +380671112255 | +380671112266\n"
    )
    bench.send(mail(table))
    bench.work()
    stored = [one.lead_id for one in rows(bench)]
    bench.map({"column.Name": "name", "column.Phone [2]": "phone"}, **FIXED)
    bench.again(bench.log()[0].id)
    bench.work()
    assert [(one.result, one.lead_id) for one in rows(bench)] == [("known", one) for one in stored]


def test_two_rows_alike_are_a_lead_and_its_duplicate(bench: MailBench) -> None:
    bench.send(mail("Name | Phone\nОлена | +380671112233\nОлена | +380671112233\n"))
    bench.work()
    assert [one.result for one in rows(bench)] == ["accepted", "duplicate"]


def test_too_many_rows_are_refused_whole_and_kept(bench: MailBench) -> None:
    people = [f"Person {n} | +38067{n:07d}" for n in range(1, MOST_ROWS + 2)]
    bench.send(mail("\n".join(["Name | Phone", *people])))
    assert bench.results() == ["refused"]
    (kept,) = bench.log()
    assert (kept.problems[0]["code"], kept.is_kept, kept.counts) == ("rows_refused", True, None)
    assert kept.problems[0]["params"] == {"rows": MOST_ROWS + 1, "limit": MOST_ROWS}
    bench.send(mail("\n".join(["Name | Phone", *people[:-1]])))
    assert bench.results()[0] == "several"
    assert bench.desk.count("lead") == MOST_ROWS


@pytest.mark.parametrize(
    "table",
    [
        "Name | Phone\nОлена | +380671112233\nІван | +380671112244\n\nГород | Tel\nЛьвів | 1\nКиїв | 2\n",
        "Name | Phone\nОлена | +380671112233\nІван | " + "x" * LONGEST_LINE,
    ],
)
def test_what_cannot_be_told_for_sure_is_refused_whole(table: str) -> None:
    with pytest.raises(RowsRefused):
        told(table, "column.Name", "column.Phone", "column.Город", "column.Tel")


def test_a_refusal_of_the_whole_mail_stores_no_row(bench: MailBench) -> None:
    with transaction(bench.world.acme.id) as session:
        session.execute(text("DELETE FROM price"))
    bench.send(PEOPLE)
    assert bench.results() == ["refused"]
    assert (rows(bench), bench.desk.count("lead"), bench.desk.count("quarantined_lead")) == ([], 0, 0)


def test_a_job_that_dies_after_storing_leaves_nothing_half_done(
    bench: MailBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_args: object) -> None:
        raise RuntimeError

    bench.send(PEOPLE)
    with monkeypatch.context() as broken:
        broken.setattr(process, "_record_rows", dies)
        with pytest.raises(RuntimeError):
            bench.work()
    assert (bench.desk.count("lead"), bench.desk.count("received_row")) == (0, 0)
    with transaction(bench.world.acme.id) as session:
        session.execute(text("UPDATE received_body SET due_at = received_at"))
    assert bench.results() == ["several"]


OLENA, IVAN = ["Олена", "+380671112233"], ["Іван", "+380671112244"]


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        ("Name\tPhone\nОлена\t+380671112233\nІван\t+380671112244", [OLENA, IVAN]),
        ("| Name | Phone |\n|---|---|\n| Олена | +380671112233 |\n| Іван | +380671112244 |", [OLENA, IVAN]),
        ("Name | Phone\nОлена | +380671112233", []),
        (page(line("Name", "Phone"), line(*OLENA), line("Іван", "")), [OLENA, ["Іван", ""]]),
        (
            page(line("Name", "Phone", "Місто"), line(*OLENA, ""), "<tr><td colspan=3>Київ</td></tr>", line(*IVAN, "Київ")),
            [OLENA, IVAN],
        ),
        (
            page(line("Name", "Phone", "Місто"), "<tr><td colspan=3>Львів</td></tr>", line(*OLENA, "Львів"), line(*IVAN, "Львів")),
            [OLENA, IVAN],
        ),
        (page(line("Name", "Phone"), line(*OLENA), line("Name", "Phone"), line(*IVAN)), [OLENA, IVAN]),
        ("Name | Phone | City\nОлена | +380671112233 | Львів\n\n\nKind regards\nSite | Privacy | Unsubscribe\n", []),
        (
            mail(f"<table>{line('Name', 'Phone')}{line(*OLENA)}</table><p>and</p><table>{line('NAME', 'phone:')}{line(*IVAN)}</table>", "text/html; charset=utf-8"),
            [OLENA, IVAN],
        ),
        (parts((SHEET, 'Name;Phone\nОлена;+380671112233\n"Іван";"+380671112244"\n'.encode())), [OLENA, IVAN]),
        (parts((SHEET, "Name,Phone\nОлена,+380671112233\n\nІван\n".encode("cp1251"))), [OLENA, ["Іван", ""]]),
        (parts((SHEET, 'Name;Phone\nОлена;"+380671112233\n'.encode())), []),
        (parts((SHEET, b"Name;Phone\n" + b"x;1\n" * 90_000)), []),
        (parts((SHEET, b"Name;Phone\n1;2;3\n4;5\n")), []),
    ],
)  # fmt: skip
def test_rows_are_told_however_the_table_is_drawn(raw: bytes | str, found: list[list[str]]) -> None:
    assert told(raw) == found


def test_what_stands_around_a_table_holds_for_each_row(bench: MailBench) -> None:
    bench.map({**RULES, "label.Kind": "property_type"}, is_owner="yes")
    bench.send(mail("Kind: detached\n\nName | Phone\nОлена | +380671112233\nІван | +380671112244\n"))
    bench.work()
    assert [one.result for one in rows(bench)] == ["accepted", "accepted"]


def test_an_attached_file_of_values_is_read_and_another_kind_said_to_be_not(bench: MailBench) -> None:
    table = "Name;Phone\nОлена;+380671112233\nІван;+380671112244\n".encode()
    bench.send(parts(("Content-Type: text/plain", b"Hello"), (SHEET, table), kind="mixed"))
    bench.work()
    (done,) = bench.log()
    assert (done.result, done.problems, done.counts) == ("several", [], {"accepted": 2})
    book = SHEET.replace("leads.csv", "leads.xlsx")
    bench.send(parts((SHEET, table), (book, b"PK"), kind="mixed", subject="two"))
    bench.work()
    second = bench.log()[0]
    assert (second.counts, second.problems[0]["params"]) == ({"duplicate": 2}, {"kinds": "XLSX"})


def test_a_mail_to_many_is_leads_where_any_row_names_somebody(bench: MailBench) -> None:
    bench.send(mail("Name | Phone\nОлена | \nІван | +380671112244\n", precedence="bulk"))
    bench.work()
    assert [one.result for one in rows(bench)] == ["rejected", "accepted"]
    bench.send(mail("Name | Phone\nSale | \nMore | \n", list_unsubscribe="<mailto:x@y.z>"))
    assert bench.results()[0] == "no_lead"


def test_rows_end_with_their_agency(bench: MailBench, world: World) -> None:
    bench.send(PEOPLE)
    bench.work()
    body = bench.log()[0]
    other: UUID = world.crane.id
    with transaction(other) as session:
        assert bodies.rows(session, other, body) == []
        assert bodies.rows(session, world.acme.id, body) == []
