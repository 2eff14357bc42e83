"""Pages of mail connections: rules and their test box, editing, what arrived."""

from html import unescape

import pytest
from flask.testing import FlaskClient

from app.incoming import bodies, connections
from tenants.db import transaction
from tests.app.incoming.mails import TEXT, mail, parts
from tests.app.incoming.test_mail import FIXED, RULES, MailBench
from tests.app.pages.visitor import Visitor
from tests.world import World, make_member

SEVERAL = "Name | Phone\nОлена | +380671112233\nІван | 12\n"
RULED = {
    "place": ["label.Ім'я", "label.Телефон"],
    "target": ["contact_1_name", "contact_1_phone"],
    "fixed_target": ["property_type", "is_owner"],
    "fixed_value": ["detached", "yes"],
}


@pytest.fixture
def bench(world: World, client: FlaskClient, visitor: Visitor) -> MailBench:
    made = MailBench(world, client)
    assert world.acme.owner.email
    visitor.log_in(world.acme.owner.email)
    return made


def mapped(bench: MailBench) -> dict[str, str]:
    with transaction(bench.world.acme.id) as session:
        return dict(connections.get(session, bench.world.acme.id, bench.id).mapped.paths)


def test_rules_are_suggested_tried_and_kept(bench: MailBench, visitor: Visitor) -> None:
    here = f"/connections/{bench.id}/rules"
    assert "No sample yet" in visitor.open(f"/connections/{bench.id}/mapping")
    visitor.submit(here, do="try", sample=TEXT)
    assert "These are suggestions" in visitor.page
    assert 'value="contact_1_phone" selected' in visitor.page
    visitor.submit(here, do="try", sample=TEXT, **RULED)
    assert "Accepted" in visitor.words
    assert "The lead that would come out" in visitor.words
    assert (mapped(bench), bench.desk.count("lead"), bench.log()) == ({}, 0, [])
    bench.send(mail(TEXT))
    visitor.submit(here, do="save", **RULED)
    assert "It holds from the next message on" in visitor.words
    assert mapped(bench) == {"label.Ім'я": "contact_1_name", "label.Телефон": "contact_1_phone"}
    assert bench.desk.count("lead") == 0


def test_a_rule_of_ones_own_finds_and_one_that_cannot_is_said(bench: MailBench, visitor: Visitor) -> None:
    here = f"/connections/{bench.id}/rules"
    own = {"own_kind": ["sentence"], "own_target": ["phone"], "sample": "Please call +380671112233 today."}
    visitor.submit(here, do="try", own_name=["call {value} today"], **own)
    assert (visitor.status, "Sentence with a gap: call {value} today +380671112233" in visitor.words) == (
        200,
        True,
    )
    for wrong in ("call", "{value}", "x {what} {value}"):
        visitor.submit(here, do="save", own_name=[wrong], **own)
        assert visitor.status == 422
        assert "Nothing was saved" in visitor.words
    assert mapped(bench) == {}


def test_the_box_tells_what_is_wrong_with_a_sample(bench: MailBench, visitor: Visitor) -> None:
    here = f"/connections/{bench.id}/rules"
    for sample, word in (
        ("Телефон: 12", "Rejected"),
        (mail(TEXT, auto_submitted="auto-replied").decode(), "An automatic answer"),
        ("x" * 150_000, "Rejected"),
    ):
        visitor.submit(here, do="try", sample=sample, **RULED)
        assert (visitor.status, word in visitor.words) == (200, True), sample[:40]


def test_what_arrived_is_shown_and_downloaded_as_it_came(
    bench: MailBench, visitor: Visitor, world: World
) -> None:
    sent = parts(
        ("Content-Type: text/plain; charset=utf-8", (TEXT + "<script>alert(1)</script>").encode()),
        ("Content-Disposition: attachment; filename=leads.csv", b"a,b"),
        kind="mixed",
    )
    bench.map(RULES, **FIXED)
    bench.send(sent)
    bench.work()
    (done,) = bench.log()
    page = visitor.open(f"/connections/{bench.id}/bodies/{done.id}")
    assert "Its rows were not read" in visitor.words
    assert "Олена Шевченко" in unescape(page)
    assert "<script>alert(1)" not in page
    visitor.client.get("/")
    answer = visitor.client.get(f"/connections/{bench.id}/bodies/{done.id}/file")
    assert answer.get_data() == sent
    assert "attachment" in answer.headers["Content-Disposition"]
    assert done.id != bench.id
    assert visitor.open(f"/connections/{bench.id}/bodies/{bench.id}")
    assert visitor.status == 404


def test_a_mail_of_several_leads_is_shown_row_by_row(bench: MailBench, visitor: Visitor) -> None:
    here = f"/connections/{bench.id}/rules"
    columns = {**RULED, "place": ["column.Name", "column.Phone"]}
    visitor.submit(here, do="try", sample=SEVERAL, **columns)
    assert "Several leads Accepted: 1, Rejected: 1" in visitor.words
    assert "2 Rejected Contact 1: phones: This is not" in visitor.words
    assert "Іван" in unescape(visitor.page)
    assert (bench.desk.count("lead"), bench.desk.count("received_row")) == (0, 0)
    visitor.submit(here, do="save", sample=SEVERAL, **columns)
    bench.send(mail(SEVERAL))
    bench.work()
    (done,) = bench.log()
    visitor.open("/connections")
    assert "Accepted: 1, Rejected: 1" in visitor.words
    visitor.open(f"/connections/{bench.id}")
    assert "Several leads Accepted: 1, Rejected: 1 Rows" in visitor.words
    page = visitor.open(f"/connections/{bench.id}/bodies/{done.id}")
    assert "2 Rejected Contact 1: phones: This is not" in visitor.words
    with transaction(bench.world.acme.id) as session:
        accepted, rejected = bodies.rows(session, bench.world.acme.id, done)
    assert f"/leads/{accepted.lead_id}" in page
    assert rejected.lead_id is None


def test_who_sees_no_contacts_opens_nothing(bench: MailBench, stranger: Visitor, world: World) -> None:
    bench.send(mail(TEXT))
    (body,) = bench.log()
    viewer = make_member(world.acme.card, "viewer")
    stranger.log_in(viewer.email or "")
    for path in (f"bodies/{body.id}", f"bodies/{body.id}/file", "rules", "edit"):
        stranger.open(f"/connections/{bench.id}/{path}")
        assert stranger.status == 403, path


def test_a_connection_is_edited(bench: MailBench, visitor: Visitor) -> None:
    page = visitor.open(f"/connections/{bench.id}/edit")
    assert 'value="Forms"' in page
    facts = bench.desk.facts
    form = {
        "name": "Inbox", "vertical": facts.vertical, "source_id": str(facts.source_id), "country": "UA",
        "lead_type": "consumer", "legal_basis": "consent", "consent_text_id": str(facts.consent_text_id),
    }  # fmt: skip
    visitor.submit(f"/connections/{bench.id}/edit", **form)
    assert "Inbox" in visitor.words
    visitor.submit(f"/connections/{bench.id}/edit", **{**form, "name": ""})
    assert visitor.status == 422
    visitor.submit(f"/connections/{bench.id}/secrets", signing_secret="x")
    assert visitor.status == 422
    visitor.submit(f"/connections/{bench.id}/again")
    assert "0 go through again" in visitor.words
