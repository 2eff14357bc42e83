"""The template: its headings map themselves, its examples are leads, its lists are the vertical's."""

from datetime import UTC, datetime

import pytest

from app.leads.columns import SURE, check_mapping, suggest
from app.leads.files.sandbox import blocks, look_at
from app.leads.files.template import template_xlsx
from app.leads.lead_reading import BatchDefaults
from app.leads.rows import ReadLead, RowReader
from app.leads.verticals import Vertical, current

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize("language", ["en", "uk"])
@pytest.mark.parametrize("lead_type", ["consumer", "targeted"])
@pytest.mark.parametrize("vertical", current(), ids=lambda one: one.code)
def test_a_filled_template_is_read_without_a_hand(vertical: Vertical, lead_type: str, language: str) -> None:
    made = template_xlsx(vertical, lead_type, language).getvalue()
    look = look_at([made])
    assert len(look.layout.sheets) == 2
    assert look.layout.sheet == look.layout.sheets[0]
    found = suggest(look.layout.headers, look.samples, vertical, lead_type)
    assert not [(look.layout.headers[one.column], one) for one in found if one.confidence < SURE]
    mapping = {one.column: str(one.target) for one in found}
    assert check_mapping(mapping, vertical, lead_type) == []
    rows = [line for block in blocks([made], look.layout) for line in block]
    assert len(rows) == 2
    defaults = BatchDefaults(
        now=NOW,
        country="UA",
        timezone="Europe/Kyiv",
        lead_type=lead_type,
        legal_basis="consent",
        addressee="",
    )
    reader = RowReader(vertical, mapping, defaults)
    read = [reader.read(number, row) for number, row in rows]
    assert all(isinstance(one, ReadLead) for one in read), read
