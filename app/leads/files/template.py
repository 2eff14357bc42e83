"""A workbook to fill in: the headings of a vertical that map themselves, two example rows, the allowed values.

Invariant: every heading is the target's own name in the reader's language, so that the filled workbook needs no
mapping; the example rows are leads the check accepts.
"""

import io
from collections.abc import Mapping, Sequence
from io import BytesIO

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from app.leads.fields import Field
from app.leads.files.layout import EXPLAINS
from app.leads.targets import Target, targets
from app.leads.verticals import Vertical
from tenants.language import N_, say

_ROWS = 1000
"""How many rows offer the allowed values."""
_MOST_LISTED = 255
"""Excel takes no longer list of values written out."""
_LEADS, _FIELDS = N_("Leads"), N_("Fields")
_COLUMNS = (N_("Field"), N_("Required"), N_("Meaning"), N_("Allowed values"))
_YES, _NO = N_("Yes"), N_("No")
_NOTE = N_("Headings with a star must be filled in. The two example rows are there to be overwritten.")
_LEFT_OUT = ("contact_2_", "contact_3_", "contact_1_first_name", "contact_1_last_name", "bant_")
_EXAMPLES: Mapping[str, tuple[str, str]] = {
    "external_id": ("CRM-1001", "CRM-1002"),
    "enquired_at": ("2026-11-20 10:15", "2026-11-20 17:40"),
    "consent_at": ("2026-11-20 10:15", "2026-11-20 17:40"),
    "consent_origin": ("https://example.com/form", "https://example.com/form"),
    "country": ("UA", "UA"),
    "region": ("Київська область", "Львівська область"),
    "postcode": ("01001", "79000"),
    "language": ("uk", "uk"),
    "sub_id": ("autumn", "autumn"),
    "temperature": ("warm", "hot"),
    "addressee": ("example.com", "example.com"),
    "contact_1_name": ("Олена Бондар", "Ігор Мельник"),
    "contact_1_role": ("", ""),
    "contact_1_phone": ("+380671234567", "+380501112233"),
    "contact_1_email": ("olena@example.com", "ihor@example.com"),
    "contact_1_messenger": ("", ""),
}
_BY_TYPE: Mapping[str, tuple[str, str]] = {
    "text": ("", ""),
    "money": ("1200", "2500"),
    "postcode": ("01001", "79000"),
    "region": ("Київська область", "Львівська область"),
    "country": ("UA", "PL"),
    "url": ("https://example.com", "https://example.org"),
    "boolean": ("yes", "no"),
}


def template_xlsx(vertical: Vertical, lead_type: str, language: str = "en") -> BytesIO:
    """The workbook, rewound: a sheet to fill in, and one that says what each field means."""
    out = io.BytesIO()
    own = {one.name: one for one in vertical.fields}
    columns = [one for one in targets(vertical, lead_type, language) if not one.name.startswith(_LEFT_OUT)]
    with xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        head = book.add_format({"bold": True, "bottom": 1, "num_format": "@"})
        must = book.add_format({"bold": True, "bottom": 1, "num_format": "@", "bg_color": "#FFF3C4"})
        text = book.add_format({"num_format": "@"})
        sheet = book.add_worksheet(say(language, _LEADS))
        sheet.freeze_panes(1, 0)
        for place, target in enumerate(columns):
            heading = _heading(target)
            sheet.set_column(place, place, max(14, min(40, len(heading) + 2)), text)
            sheet.write_string(0, place, heading, must if target.is_required else head)
            for row, value in enumerate(_examples(target, own.get(target.name)), 1):
                sheet.write_string(row, place, value, text)
            _offer(sheet, place, _listed(own.get(target.name), language))
        _explain(book.add_worksheet(f"{EXPLAINS} {say(language, _FIELDS)}"), columns, own, language)
    out.seek(0)
    return out


def _heading(target: Target) -> str:
    return f"{target.label} *" if target.is_required else target.label


def _examples(target: Target, own: Field | None) -> tuple[str, str]:
    if own is None:
        return _EXAMPLES.get(target.name, ("", ""))
    if own.type == "choice":
        return own.choices[0].value, own.choices[-1].value
    if own.type == "integer":
        low = own.low if own.low is not None else 1
        high = own.high if own.high is not None else low + 1
        return str(low), str(min(low + 1, high))
    if own.type == "date":
        year = min(own.high or 2024, max(own.low or 0, 1985 if own.is_past else 2027))
        return f"{year}-06-01", f"{year}-09-15"
    first, second = _BY_TYPE[own.type]
    return (first or "—", second or "—") if own.is_required else (first, second)


def _listed(own: Field | None, language: str) -> list[str]:
    """The values a cell may hold, as the reader calls them."""
    if own is None:
        return []
    if own.type == "boolean":
        return ["yes", "no"]
    return [choice.value for choice in own.choices]


def _offer(sheet: Worksheet, column: int, values: Sequence[str]) -> None:
    """A list to choose from, unless it is longer than Excel takes."""
    if values and len(",".join(values)) <= _MOST_LISTED:
        sheet.data_validation(
            1, column, _ROWS, column, {"validate": "list", "source": list(values), "error_type": "warning"}
        )


def _explain(
    sheet: Worksheet,
    columns: Sequence[Target],
    own: Mapping[str, Field],
    language: str,
) -> None:
    sheet.set_column(0, 3, 34)
    sheet.write_string(0, 0, say(language, _NOTE))
    for place, title in enumerate(_COLUMNS):
        sheet.write_string(2, place, say(language, title))
    for row, target in enumerate(columns, 3):
        one = own.get(target.name)
        choices = one.choices if one is not None else ()
        allowed = "; ".join(
            f"{choice.value} ({choice.labels.get(language, choice.value)})" for choice in choices
        )
        cells = (target.label, say(language, _YES if target.is_required else _NO), target.name, allowed)
        for place, value in enumerate(cells):
            sheet.write_string(row, place, value or ", ".join(_listed(one, language)))
