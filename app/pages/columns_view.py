"""The columns step as its page shows it: where each column goes, the parts of full names, what values mean, and a preview."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import render_template, request

from app.guard import actor, session
from app.leads import (
    batch_queries,
    columns,
    constants,
    fixes,
    full_names,
    remembered,
    targets,
    told_dates,
    verticals,
)
from app.leads.allowed_values import allowed_values
from app.leads.batch_queries import BatchView
from app.leads.date_orders import Proof
from app.leads.preview import Said, preview
from app.leads.targets import Target, canonical
from app.leads.value_meanings import AS_IT_IS, Asked, ColumnValues, Meanings
from app.pages import date_columns, trade_words
from app.pages.upload_view import crumbs, headings
from tenants import clock, crypto
from tenants.errors import NotFound, Refused
from tenants.language import say

CONTACT_NAMES = tuple(f"contact_{number}_name" for number in range(1, targets.CONTACTS_IN_A_ROW + 1))


@dataclass(frozen=True, slots=True)
class Form:
    """What the page sends back: column → target, target → value for all rows, target → order of names or dates, target →
    what its values mean."""

    mapping: dict[int, str]
    same: dict[str, str]
    orders: dict[str, str]
    meanings: dict[str, dict[str, str]]


def read_form(batch: BatchView) -> Form:
    """The columns step as it was sent. What was said of a column that goes elsewhere by now is passed over."""
    form = request.form
    mapping = {
        number: target
        for number in range(len(headings(batch)))
        if (target := form.get(f"column-{number}", ""))
    }
    same = {
        one.name: value.strip()
        for one in _for_all_rows(batch)
        if (value := form.get(f"same-{one.name}", "")).strip()
    }
    dates = _dates(batch)
    orders = {
        target: order
        for number, target in mapping.items()
        for kind, is_it in (("order", full_names.is_full(canonical(target))), ("dates", target in dates))
        if is_it and (order := form.get(f"{kind}-{number}", ""))
    }
    meanings = {
        target: read_meanings(number)
        for number, target in mapping.items()
        if form.get(f"values-{number}") == target
    }
    return Form(mapping, same, orders, meanings)


def read_meanings(number: int) -> dict[str, str]:
    """What the values of one column mean, as it was sent."""
    written, meant = request.form.getlist(f"written-{number}"), request.form.getlist(f"meant-{number}")
    return dict(zip(written, meant, strict=False))


def columns_page(batch: BatchView, form: Form | None = None, refused: Refused | None = None) -> str:
    """Step three; a refused form is shown as it was sent."""
    tenant_id, language = actor().card().id, trade_words.language()
    vertical = verticals.get(batch.vertical, batch.vertical_version)
    vault = crypto.vault(session(), tenant_id)
    rows, names = batch_queries.samples(session(), tenant_id, batch.id), headings(batch)
    found = columns.suggest(batch.headers, rows, vertical, batch.lead_type, batch.country)
    known = targets.targets(vertical, batch.lead_type, language)
    labels = {one.name: one.label for one in known}
    mapping = form.mapping if form else {int(number): target for number, target in batch.mapping.items()}
    proofs = told_dates.proofs(session(), vault, batch.id)
    said = _said(batch, form, mapping, proofs)
    dates = _date_columns(len(names), rows, said, proofs)
    shown = _columns(names, rows, found, said, Meanings(session(), batch, vault, language), form)
    return render_template(
        "uploads/columns.html",
        batch=batch,
        error=_error(refused, names, labels) if refused else [],
        columns=[{**one, "dates": date} for one, date in zip(shown, dates, strict=True)],
        orders=_orders(),
        date_orders=date_columns.orders(),
        dates=_dates(batch),
        closed=[one.name for one in known if allowed_values(vertical, one.name, language, batch.country)],
        full=CONTACT_NAMES,
        options=[(t.name, f"{t.label} *" if t.is_required else t.label) for t in known],
        same=[
            (one.name, one.label, said.same.get(one.name, ""), _allowed(batch, one))
            for one in _for_all_rows(batch)
        ],
        preview=preview(
            batch, names, rows, said, now=clock.now(), time_zone=actor().card().time_zone, language=language
        ),
        mapped=len(mapping),
        crumbs=crumbs(batch),
    )


def _said(batch: BatchView, form: Form | None, mapping: dict[int, str], proofs: list[Proof]) -> Said:
    """What holds of the columns: as the form says, else as the upload keeps it."""
    tenant_id = actor().card().id
    orders = form.orders if form else batch.name_orders
    return Said(
        mapping,
        form.same if form else constants.of_batch(session(), tenant_id, batch.id),
        told_dates.kept(batch, mapping, orders, _dates(batch), proofs),
        fixes.decided(session(), crypto.vault(session(), tenant_id), batch.id),
    )


def values_page(batch: BatchView, number: int) -> str | None:
    """All values of one column; None when it goes to no closed field. Raises `NotFound` when there is no such column."""
    names = headings(batch)
    if number >= len(names):
        raise NotFound
    tenant_id = actor().card().id
    target = request.args.get("target") or batch.mapping.get(str(number), "")
    search = request.args.get("q", "")[:100]
    meanings = Meanings(session(), batch, crypto.vault(session(), tenant_id), trade_words.language())
    found = meanings.of(Asked(number, target, search))
    if found is None:
        return None
    label = next(one.label for one in _targets(batch) if one.name == found.target)
    return render_template(
        "uploads/values.html",
        batch=batch,
        values=found,
        heading=names[number],
        label=label,
        search=search,
        crumbs=crumbs(batch),
    )


def _error(refused: Refused, names: Sequence[str], labels: Mapping[str, str]) -> list[str]:
    """Everything that keeps the columns from being used, each led by the field or the column it is about."""
    language = trade_words.language()
    problems: Any = refused.details.get("problems") or [{"code": "", "target": None, "column": None}]
    found = []
    for one in problems:
        sentence = say(language, columns.MAPPING_PROBLEMS.get(one["code"], refused.message))
        about = labels.get(one["target"] or "")
        if about is None and one["column"] is not None and one["column"] < len(names):
            about = names[one["column"]]
        found.append(f"{about}: {sentence}" if about else sentence)
    return found


def _orders() -> list[tuple[str, str]]:
    language = trade_words.language()
    return [(order, say(language, words)) for order, words in full_names.ORDERS.items()]


def _dates(batch: BatchView) -> frozenset[str]:
    return told_dates.date_targets(verticals.get(batch.vertical, batch.vertical_version), batch.lead_type)


def _date_columns(
    width: int, rows: list[list[str]], said: Said, proofs: list[Proof]
) -> list[date_columns.DateColumn | None]:
    """What there is to say of each column's dates, should it hold dates."""
    found = [*proofs, *([Proof()] * width)]
    return [
        date_columns.date_column(
            said.orders.get(said.mapping.get(number, "")),
            found[number],
            [row[number] for row in rows if number < len(row)],
        )
        for number in range(width)
    ]


def _targets(batch: BatchView) -> list[Target]:
    vertical = verticals.get(batch.vertical, batch.vertical_version)
    return targets.targets(vertical, batch.lead_type, trade_words.language())


def _for_all_rows(batch: BatchView) -> list[Target]:
    """What one value may fill in all rows: never a person's channel or an ID."""
    return [one for one in _targets(batch) if not targets.is_of_one_person(one.name)]


def _allowed(batch: BatchView, one: Target) -> list[tuple[str, str]]:
    """The values of a closed field, to choose from."""
    vertical = verticals.get(batch.vertical, batch.vertical_version)
    return allowed_values(vertical, one.name, trade_words.language(), batch.country)


def _columns(
    names: Sequence[str],
    rows: list[list[str]],
    found: list[columns.Suggestion],
    said: Said,
    meanings: Meanings,
    form: Form | None,
) -> list[dict[str, Any]]:
    return [
        {
            **_column(number, header, rows, found, said),
            "meanings": _meanings(number, said.mapping.get(number, ""), meanings, form),
        }
        for number, header in enumerate(names)
    ]


def _column(
    number: int,
    header: str,
    rows: list[list[str]],
    found: list[columns.Suggestion],
    said: Said,
) -> dict[str, Any]:
    suggestion = next((one for one in found if one.column == number), None)
    target = said.mapping.get(number, "")
    is_sure = suggestion is not None and suggestion.target == target and bool(target)
    is_full = full_names.is_full(canonical(target))
    order = said.orders.get(canonical(target), AS_IT_IS) if is_full else AS_IT_IS
    guess = remembered.suggested_orders({str(number): canonical(target)}, rows) if is_full else {}
    return {
        "number": number,
        "header": header,
        "samples": " · ".join([row[number] for row in rows if number < len(row) and row[number]][:3]),
        "target": target,
        "confidence": suggestion.confidence if suggestion and is_sure else None,
        "guess": suggestion.guess if suggestion and not target else None,
        "is_full": is_full,
        "order": order,
        "split": _split_samples(rows, number, order or next(iter(guess.values()), "")) if is_full else [],
    }


def _meanings(number: int, target: str, meanings: Meanings, form: Form | None) -> ColumnValues | None:
    """The values of a column that goes to a closed field; those a refused form said something of stand first."""
    said = form.meanings.get(target, {}) if form else {}
    first = frozenset(written for written, word in said.items() if word != AS_IT_IS)
    return meanings.of(Asked(number, target, first=first)) if target else None


def _split_samples(rows: list[list[str]], number: int, order: str) -> list[tuple[str, str, str]]:
    """The first names of the file with their parts, for a person to see whether the order is right."""
    names = [row[number].strip() for row in rows if number < len(row) and row[number].strip()][:2]
    return [(name, *full_names.split(name, order)) for name in names] if order else []
