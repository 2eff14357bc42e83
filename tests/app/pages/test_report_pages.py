"""The reports of agencies and companies: every figure opens the trades it counts."""

import re
from html import unescape

import pytest

from app.reports.measures import Measure
from tests.app.pages.visitor import Visitor
from tests.app.reports.history import play
from tests.world import World

DAYS = "from=2026-08-01&to=2026-12-31"


@pytest.mark.parametrize("side", ["agency", "company"])
def test_every_count_and_amount_leads_to_exactly_its_rows(visitor: Visitor, world: World, side: str) -> None:
    play(world, 12, sales=10)
    visitor.log_in((world.acme if side == "agency" else world.bolt).owner.email)
    for by in ("source", "vertical", "channel"):
        page = visitor.open(f"/reports?{DAYS}&by={by}")
        assert visitor.status == 200
        counts = {
            unescape(h): c
            for h, c in re.findall(
                r'<td class="num"><a class="strong" href="(/reports/rows/[^"]*)">(\d+)</a>', page
            )
        }
        amounts = re.findall(
            r'<td class="num"><a class="strong" href="(/reports/rows/[^"]*)"><span class="money[^"]*">([^&<]*)',
            page,
        )
        assert counts
        for address, count in counts.items():
            rows = visitor.open(address)
            assert re.search(rf"\b{count} rows? in all", visitor.words), address
            assert len(re.findall(r"<tr>\s*<td", rows)) == int(count)
        for address, amount in amounts:
            if "purchase" in address:
                continue  # the worth of a deal stands on the lead itself
            visitor.open(unescape(address))
            assert amount.strip("\u00a0\u2212") in visitor.words


def test_rows_lead_on_to_the_trade_and_are_files(visitor: Visitor, world: World) -> None:
    play(world, 12, sales=6)
    visitor.log_in(world.bolt.owner.email)
    page = visitor.open(f"/reports/rows/sold?{DAYS}")
    assert "/leads/bought/" in page
    for kind in ("csv", "sheet-csv", "xlsx"):
        for address in (f"/reports/rows/sold?{DAYS}", f"/reports?{DAYS}&by=channel"):
            assert visitor.client.get(f"{address}&format={kind}").status_code == 200


def test_unknown_measures_and_dimensions(visitor: Visitor, world: World) -> None:
    visitor.log_in(world.acme.owner.email)
    visitor.open("/reports/rows/secrets")
    assert visitor.status == 404
    visitor.open("/reports?by=secrets")
    assert visitor.status == 200


def test_the_operator_has_no_such_report_and_agencies_see_no_names_of_buyers(
    visitor: Visitor, stranger: Visitor, world: World
) -> None:
    play(world, 12, sales=6)
    visitor.log_in(world.floe.owner.email)
    visitor.open("/reports")
    assert visitor.status == 404
    stranger.log_in(world.acme.owner.email)
    for address in (f"/reports?{DAYS}&by=buyer", f"/reports/rows/sold?{DAYS}"):
        stranger.open(address)
        assert "Bolt" not in stranger.words
        assert "Crane" not in stranger.words


@pytest.mark.parametrize("side", ["agency", "company"])
def test_every_measure_has_its_list_and_its_file_also_when_empty(
    visitor: Visitor, world: World, side: str
) -> None:
    visitor.log_in((world.acme if side == "agency" else world.bolt).owner.email)
    for measure in Measure:
        visitor.open(f"/reports/rows/{measure.value}")
        assert visitor.status == 200
        assert "There are none in this period" in visitor.words
        assert visitor.client.get(f"/reports/rows/{measure.value}?format=csv").status_code == 200
    assert visitor.client.get("/reports?format=csv").status_code == 200
