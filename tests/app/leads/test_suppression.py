"""Suppression lists: every form in which they come, kept as keyed hashes only, and held against what comes in."""

import hashlib
import io
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.leads import list_uploads, suppression
from app.leads.add_lead import LeadUnreadable, add
from app.leads.suppression import ListNameTaken
from app.leads.suppression_forms import DOMAINS, MD5, SHA256, look_ups, read_entry
from app.market.suppress import suppress
from tenants import clock
from tenants.crypto import Vault
from tenants.db import rehearsal, transaction
from tenants.errors import Forbidden, Invalid, NotFound
from tenants.ids import new_id
from tests.app.leads.test_add_lead import OLENA
from tests.app.leads.uploads import Desk, csv_of, people
from tests.world import Party, World, make_member

PHONE, EMAIL = "+380671234567", "olena@example.com"
VAULT = Vault(new_id(), b"k" * 32)


def plain(form: str) -> str:
    return form


def md5(form: str) -> str:
    return hashlib.md5(form.encode(), usedforsecurity=False).hexdigest()


def sha256(form: str) -> str:
    return hashlib.sha256(form.encode()).hexdigest()


def loud(hashed: Callable[[str], str]) -> Callable[[str], str]:
    return lambda form: hashed(form).upper()


@pytest.mark.parametrize("written", [plain, md5, sha256, loud(md5), loud(sha256)])
@pytest.mark.parametrize(
    ("form", "channel"),
    [
        (PHONE, PHONE), ("380671234567", PHONE), ("0671234567", PHONE), ("671234567", PHONE), (EMAIL, EMAIL),
        ("+48601234567", "+48601234567"), ("601234567", "+48601234567"), ("447911123456", "+447911123456"),
        ("07911123456", "+447911123456"), ("2015550123", "+12015550123"),
    ],
)  # fmt: skip
def test_every_form_is_met(written: Callable[[str], str], form: str, channel: str) -> None:
    country = {"+38": "UA", "+48": "PL", "+44": "GB", "+12": "US"}.get(channel[:3], "UA")
    if written is plain and form == "447911123456":
        form = "+447911123456"
    read = read_entry(VAULT, f" {written(form)}\t", country)
    assert read is not None
    assert read[0] in look_ups(VAULT, channel, read[1])
    other = "+380509998877" if channel[0] == "+" else "other@example.com"
    assert read[0] not in look_ups(VAULT, other, SHA256 | MD5 | DOMAINS)
    assert read[0] not in look_ups(Vault(VAULT.tenant_id, b"x" * 32), channel, SHA256 | MD5 | DOMAINS)


@pytest.mark.parametrize("written", ["", "  ", "name", "12", "x@", "@", "@x", "g" * 32, "a" * 33, "a" * 400])
def test_what_is_no_entry(written: str) -> None:
    assert read_entry(VAULT, written, "UA") is None


def test_a_domain_means_every_address_of_it() -> None:
    read = read_entry(VAULT, "@Example.com", "UA")
    assert read is not None
    assert read[0] in look_ups(VAULT, EMAIL, read[1])
    assert read[0] not in look_ups(VAULT, "olena@sub.example.com", read[1])


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world.acme)


def keep(party: Party, *entries: str, name: str = "Do not call") -> UUID:
    with transaction(party.id) as session:
        list_id = suppression.create(session, party.owner, name)
        suppress(session, party.owner, list_id, entries)
    return list_id


def seen(party: Party, list_id: UUID) -> Any:
    with transaction(party.id) as session:
        return suppression.get(session, party.id, list_id)


def send(desk: Desk, **changes: Any) -> str:
    """`stored`, or the code that refused."""
    with transaction(desk.agency.id) as session:
        try:
            add(session, desk.agency.owner, {**OLENA, **changes}, desk.facts)
        except LeadUnreadable as refused:
            return str(refused.details["problems"][0]["code"])
    return "stored"


@pytest.mark.parametrize("entry", [PHONE, md5(EMAIL), sha256("0671234567"), "@example.com"])
@pytest.mark.parametrize("keeper", ["acme", "floe"])
def test_a_listed_person_is_rejected_and_the_list_counts_it(
    desk: Desk, world: World, keeper: str, entry: str
) -> None:
    party: Party = getattr(world, keeper)
    before = clock.now()
    list_id = keep(party, entry)
    assert send(desk) == "suppressed"
    assert desk.count("lead") == 0
    kept = seen(party, list_id)
    assert (kept.entries, kept.hits) == (1, 1)
    assert kept.last_hit_at >= before
    other = {"contacts": [{"phones": ["050 999 88 77"], "emails": ["x@other.example"]}]}
    assert send(desk, external_id="web-2", **other) == "stored"


def test_a_refused_post_is_counted_once_and_a_trial_never(desk: Desk, world: World) -> None:
    list_id, facts = keep(world.floe, PHONE), desk.facts
    for hits in (1, 2):
        with pytest.raises(LeadUnreadable), transaction(desk.agency.id) as session:
            add(session, desk.agency.owner, OLENA, facts)
        assert seen(world.floe, list_id).hits == hits
    with pytest.raises(LeadUnreadable), transaction(desk.agency.id) as session, rehearsal(session):
        add(session, desk.agency.owner, OLENA, facts)
    assert seen(world.floe, list_id).hits == 2


def test_somebody_elses_list_does_not_count(desk: Desk, world: World) -> None:
    keep(world.bolt, PHONE)
    assert send(desk) == "stored"


def test_rows_of_a_file_are_held_against_the_lists(desk: Desk, world: World) -> None:
    list_id = keep(world.floe, "o2@example.com", "+380670000003")
    view = desk.upload(csv_of(people(4)))
    assert (view.rows_read, view.accepted) == (4, 2)
    assert seen(world.floe, list_id).hits == 2


def test_adding_counts_and_repeating_adds_nothing(desk: Desk) -> None:
    list_id = keep(desk.agency, PHONE, EMAIL, "email", PHONE)
    with transaction(desk.agency.id) as session:
        again = suppression.add(session, desk.agency.owner, list_id, [PHONE, "0509998877"])
    assert again == suppression.Added(1, 1, 0)
    assert seen(desk.agency, list_id).entries == 3
    with transaction(desk.agency.id) as session:
        stored = session.execute(text("SELECT blind FROM suppression_entry")).scalars().all()
    assert {len(bytes(one)) for one in stored} == {16}


@pytest.mark.parametrize("entry", [PHONE, "067 123 45 67", md5(PHONE)])
def test_an_entry_is_taken_off_in_any_form(desk: Desk, entry: str) -> None:
    list_id = keep(desk.agency, md5(PHONE))
    with transaction(desk.agency.id) as session:
        assert suppression.remove(session, desk.agency.owner, list_id, entry) == 1
    assert (send(desk), seen(desk.agency, list_id).entries) == ("stored", 0)


def test_a_deleted_list_is_gone_with_its_entries(desk: Desk) -> None:
    list_id = keep(desk.agency, PHONE)
    with transaction(desk.agency.id) as session:
        suppression.delete(session, desk.agency.owner, list_id)
        with pytest.raises(NotFound):
            suppression.get(session, desk.agency.id, list_id)
    assert (send(desk), desk.count("suppression_entry")) == ("stored", 0)


def test_a_long_list_is_deleted_slice_by_slice_and_holds_until_it_is_gone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suppression, "DELETED_AT_ONCE", 2)
    list_id, owner = keep(desk.agency, PHONE, EMAIL, "0509998871", "0509998872"), desk.agency.owner
    with transaction(desk.agency.id) as session:
        assert suppression.delete(session, owner, list_id) is False
        assert suppression.delete(session, owner, list_id) is False
        assert not suppression.lock(session, desk.agency.id, list_id), "a reader stops between two blocks"
    assert send(desk) == "suppressed"
    for deed in (
        lambda session: suppression.add(session, owner, list_id, ["0509998873"]),
        lambda session: suppression.remove(session, owner, list_id, PHONE),
        lambda session: suppression.demand_list(session, owner, list_id),
    ):
        with transaction(desk.agency.id) as session, pytest.raises(suppression.ListIsBeingDeleted):
            deed(session)
    with transaction(desk.agency.id) as session:
        assert suppression.delete_slice(session, desk.agency.id, list_id)
    assert (seen(desk.agency, list_id).entries, desk.count("suppression_entry")) == (2, 2)
    woken: list[tuple[str, ...]] = []
    monkeypatch.setattr(suppression, "wake", lambda _job, *words: woken.append(words))
    suppression.wake_deletions(clock.now())
    assert woken == [(str(desk.agency.id), str(list_id))]
    suppression.delete_list(*woken[0])
    with transaction(desk.agency.id) as session:
        assert suppression.listed(session, desk.agency.id) == []
        assert not suppression.delete_slice(session, desk.agency.id, list_id)
    assert (send(desk), desk.count("suppression_entry")) == ("stored", 0)


def test_a_file_that_came_in_while_its_list_was_closed_goes_with_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    list_id, owner = keep(desk.agency, PHONE, EMAIL), desk.agency.owner
    monkeypatch.setattr(suppression, "DELETED_AT_ONCE", 1)
    with transaction(desk.agency.id) as session:
        assert suppression.delete(session, owner, list_id) is False
    monkeypatch.setattr(suppression, "demand_list", lambda *_words: None)
    with transaction(desk.agency.id) as session:
        list_uploads.receive(session, owner, list_id, "late.csv", io.BytesIO(b"0509998871\n"))
    suppression.delete_list(str(desk.agency.id), str(list_id))
    tables = ("suppression_list", "suppression_entry", "list_upload", "list_piece")
    assert [desk.count(table) for table in tables] == [0] * 4


def test_a_list_that_is_open_loses_nothing_to_the_worker(desk: Desk) -> None:
    list_id = keep(desk.agency, PHONE)
    suppression.delete_list(str(desk.agency.id), str(list_id))
    assert (seen(desk.agency, list_id).entries, desk.count("suppression_entry")) == (1, 1)


def test_what_cannot_be_kept_is_refused(desk: Desk, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    list_id, owner = keep(desk.agency, PHONE), desk.agency.owner
    with transaction(desk.agency.id) as session:
        with pytest.raises(ListNameTaken):
            suppression.create(session, owner, " Do not call ")
        for name in ("", "x" * 101):
            with pytest.raises(Invalid):
                suppression.create(session, owner, name)
        with pytest.raises(Invalid):
            suppression.remove(session, owner, list_id, "nobody")
        with pytest.raises(Forbidden):
            suppression.create(session, make_member(desk.agency.card, "viewer"), "Mine")
    with transaction(world.bolt.id) as session, pytest.raises(NotFound):
        suppression.add(session, world.bolt.owner, list_id, [EMAIL])
    monkeypatch.setattr(suppression, "MOST_ENTRIES", 2)
    with pytest.raises(Invalid), transaction(desk.agency.id) as session:
        suppression.add(session, owner, list_id, ["0509998871", "0509998872", "0509998873"])
    assert seen(desk.agency, list_id).entries == 1
