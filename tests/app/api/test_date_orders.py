"""The order of a file's dates by the API alone: what the file proves, what was chosen, what is refused."""

from typing import Any

import pytest

from tenants.api_keys import create_by_operator
from tests.app.api.described import Client, Document
from tests.app.api.served import over_http, work
from tests.app.leads.uploads import HEADERS, TARGETS, csv_of, people
from tests.world import World

pytestmark = pytest.mark.committed

ENQUIRED = HEADERS.index("Enquired at")


def sent(agency: Client, *written: str) -> str:
    """A file whose enquiries are of these times."""
    rows = [one.row() for one in people(len(written))]
    for row, at in zip(rows, written, strict=True):
        row[ENQUIRED] = at
    words = {"language": "uk", "body": "Погоджуюсь…", "recipients": "Installers", "max_recipients": 5}
    form = {
        "file": ("leads.csv", csv_of(rows)), "vertical": "home_solar", "type": "consumer", "country": "UA",
        "source_id": agency("create_source", {"name": written[0], "channel": "paid_search"})["id"],
        "legal_basis": "consent", "consent_text_id": agency("create_consent_text", {"name": written[0], **words})["id"],
    }  # fmt: skip
    return str(agency("create_batch", form=form)["id"])


def mapping(order: str | None, heading: str = "Enquired at") -> dict[str, Any]:
    return {
        "columns": [
            {"column": number, "target": target, "date_order": order if HEADERS[number] == heading else None}
            for number, target in enumerate(TARGETS)
        ]
    }


def test_the_order_of_dates_is_proven_chosen_and_told(world: World, server: str) -> None:
    wire = over_http(server)
    agency = Client(Document(wire), wire, create_by_operator(world.acme.card.slug, ["all"]))
    batch_id = sent(agency, "10/11/2026 09:00", "11/20/2026 09:00", "11/20/2026 10:00")

    def column(operation: str = "read_mapping") -> dict[str, Any]:
        found: dict[str, Any] = agency(operation, batch_id=batch_id)["columns"][ENQUIRED]
        return found

    assert column()["date_proof"] == {"day_first": 0, "month_first": 2, "either": 1, "is_whole": False}
    work()
    assert column()["date_proof"] == {"day_first": 0, "month_first": 2, "either": 1, "is_whole": True}
    assert (column()["date_order"], column()["dates_read"]) == (None, "month_first")
    said = agency("map_batch", mapping("day_first"), batch_id=batch_id)["columns"][ENQUIRED]
    assert (said["date_order"], said["dates_read"], said["name_order"]) == ("day_first", "day_first", None)
    agency("map_batch", mapping(None), batch_id=batch_id)
    told = column("read_batch")
    assert (told["date_order"], told["dates_read"]) == (None, "month_first")
    wrong = mapping("day_first", "Name")
    assert agency.refused("map_batch", wrong, batch_id=batch_id) == (422, "mapping_incomplete")
    phone = agency("read_mapping", batch_id=batch_id)["columns"][HEADERS.index("Phone")]
    assert (phone["date_order"], phone["dates_read"], phone["date_proof"]) == (None, None, None)
