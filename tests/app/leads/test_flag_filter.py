"""Leads by what was noticed about them, or left out of them."""

import pytest

from app.leads.flag_words import FLAGS, NEUTRAL
from app.leads.problems import LEFT_OUT
from app.leads.queries import LeadFilter, lead_page
from app.leads.reasons import REASONS
from tenants.db import transaction
from tests.app.leads.uploads import Desk, csv_of, people
from tests.world import World


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world.acme)


def test_what_is_left_out_is_flagged_by_its_very_code(desk: Desk) -> None:
    rows = [one.row() for one in people(4)]
    rows[1][4] = "Atlantis"
    rows[2][2] += "; 12"
    batch = desk.upload(csv_of(rows))
    assert (batch.accepted, batch.warned) == (4, 2)
    counted = {(one["code"], one["column"]): one["count"] for one in batch.warnings}
    assert counted["unknown_region", "Region"] == counted["unknown_region", ""] == 1
    assert counted["bad_phone", "Phone"] == counted["bad_phone", ""] == counted["channel_left_out", ""] == 1
    assert counted["name_digits", ""] == 4
    with transaction(desk.agency.id) as session:
        for flag, external_ids in (("unknown_region", ["A-2"]), ("bad_phone", ["A-3"]), ("name_short", [])):
            page = lead_page(session, desk.agency.id, LeadFilter(batch_id=batch.id, flag=flag))
            assert [one.external_id for one in page.rows] == external_ids
        for is_warned, external_ids in ((True, ["A-3", "A-2"]), (False, ["A-4", "A-1"])):
            page = lead_page(session, desk.agency.id, LeadFilter(batch_id=batch.id, is_warned=is_warned))
            assert [one.external_id for one in page.rows] == external_ids


def test_every_flag_has_a_sentence_and_is_of_one_list() -> None:
    assert set(FLAGS) > NEUTRAL
    assert not set(FLAGS) & set(LEFT_OUT)
    assert {*FLAGS, *LEFT_OUT} <= set(REASONS)
    assert {one for one in LEFT_OUT.values() if one} <= set(FLAGS)
