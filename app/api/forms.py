"""An agency's hosted forms: defined, published, paused, and their figures."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from app.api.cursors import page_of_all
from app.api.operations import Gives, Resource, Takes
from app.api.schemas.fields import PageQuery
from app.api.schemas.forms import Form, FormDraft, FormFigures, FormPage, NewForm
from app.guard import actor, session
from app.leads.countries import LANGUAGES
from app.leads.forms import counting, forms, waiting
from app.leads.forms.counting import Counts
from app.leads.forms.forms import FormView
from app.leads.forms.questions import questions
from app.leads.forms.spec import TEXTS, FormSpec
from tenants import clock, letters
from tenants.permissions import Permission

resource = Resource("forms", "Hosted forms: what they ask, who sees them, what comes of it.")
_DRAFT = {
    "name": "Solar landing page",
    "source_id": "01936b0e-5d7a-7c11-9f00-2b1c5d8e0a11",
    "country": "UA",
    "languages": ["uk"],
    "steps": [["property_type", "is_owner"], ["name", "phone"]],
    "required": ["name", "phone"],
    "consents": [{"language": "uk", "consent_text_id": "01936b0e-5d7a-7c11-9f00-2b1c5d8e0a12"}],
    "texts": [{"language": "uk", "title": "Сонячна станція"}],
    "sites": ["https://www.example.com"],
}
_NEW = {**_DRAFT, "vertical": "home_solar"}
_NOTHING = Counts({})


@resource.get("/forms", Permission.LEAD_READ, Takes(PageQuery), gives=Gives(FormPage))
def list_forms(query: dict[str, Any]) -> dict[str, Any]:
    """The agency's forms by name, drafts last, each with its last 30 days."""
    tenant_id = actor().card().id
    page = page_of_all(forms.listed(session(), tenant_id), query, lambda one: one.id)
    counts = counting.by_form(session(), tenant_id, _first_day())
    shown = [{**_row(one), "figures": _figures(counts.get(one.id, _NOTHING))} for one in page["items"]]
    return {**page, "items": shown}


@resource.post("/forms", Permission.LEAD_WRITE, Takes(json=NewForm, example=_NEW), gives=Gives(Form, 201))
def create_form(body: dict[str, Any]) -> dict[str, Any]:
    """Begin a form, as a draft: nobody sees it until it is published."""
    usual = forms.NewForm(
        body["name"], body["source_id"], body["vertical"], body["country"], body["languages"][0]
    ).spec
    spec = _begun(usual, body)
    return _shown(forms.create_defined(session(), actor(), body["name"], body["source_id"], spec))


@resource.get("/forms/{form_id}", Permission.LEAD_READ, gives=Gives(Form))
def read_form(form_id: UUID) -> dict[str, Any]:
    """One form with its draft and everything it could ask."""
    return _shown(form_id)


@resource.put(
    "/forms/{form_id}", Permission.LEAD_WRITE, Takes(json=FormDraft, example=_DRAFT), gives=Gives(Form)
)
def save_form(body: dict[str, Any], form_id: UUID) -> dict[str, Any]:
    """Keep a draft in the place of the one before; people see the published version until the next one."""
    before = forms.get(session(), actor().card().id, form_id).spec
    forms.save(session(), actor(), form_id, body["name"], body["source_id"], _defined(before, body))
    return _shown(form_id)


@resource.post("/forms/{form_id}/publish", Permission.LEAD_WRITE, gives=Gives(Form))
def publish_form(form_id: UUID) -> dict[str, Any]:
    """Freeze the draft as the next version and show it to people; what it still lacks is refused by field."""
    forms.publish(session(), actor(), form_id)
    return _shown(form_id)


@resource.post("/forms/{form_id}/pause", Permission.LEAD_WRITE, gives=Gives(Form))
def pause_form(form_id: UUID) -> dict[str, Any]:
    """Close a published form for people."""
    forms.pause(session(), actor(), form_id)
    return _shown(form_id)


@resource.post("/forms/{form_id}/resume", Permission.LEAD_WRITE, gives=Gives(Form))
def resume_form(form_id: UUID) -> dict[str, Any]:
    """Open a paused form again, in the version it had."""
    forms.pause(session(), actor(), form_id, is_paused=False)
    return _shown(form_id)


@resource.get("/forms/{form_id}/figures", Permission.LEAD_READ, gives=Gives(FormFigures))
def read_figures(form_id: UUID) -> dict[str, Any]:
    """Visits, beginnings, what was sent and what became leads in the last 30 days, by day; and what was not taken."""
    tenant_id = actor().card().id
    forms.get(session(), tenant_id, form_id)
    days = counting.by_day(session(), tenant_id, form_id, _first_day())
    total = counting.total(days)
    return {
        "since": _first_day(),
        "total": _figures(total),
        "days": [{"day": day, **_figures(one)} for day, one in days.items()],
        "refused": [{"reason": reason, "count": count} for reason, count in total.refused.items()],
        **{kind: total.of(kind) for kind in (counting.DUPLICATE, counting.SUPPRESSED, counting.QUARANTINED)},
        "waiting": waiting.waiting_count(session(), tenant_id, form_id),
    }


def _first_day() -> Any:
    return counting.first_day(clock.now(), actor().card().time_zone)


def _begun(usual: FormSpec, body: Mapping[str, Any]) -> FormSpec:
    """A new form as its body says; what it leaves open is as usual."""
    steps = body["steps"] or usual.steps
    asked = {name for step in steps for name in step}
    titles = [{"language": one, "title": usual.kind.name(one)} for one in body["languages"]]
    left_open = {
        "steps": steps,
        "required": body["required"] if body["required"] is not None else usual.required & asked,
        "texts": body["texts"] if body["texts"] is not None else titles,
    }
    return _defined(usual, {**body, **left_open})


def _defined(before: FormSpec, body: Mapping[str, Any]) -> FormSpec:
    """The form that a body defines, of the vertical it had."""
    texts = {one["language"]: {part: one.get(part, "").strip() for part in TEXTS} for one in body["texts"]}
    return replace(
        before,
        country=body["country"],
        lead_type=body["type"],
        steps=tuple(tuple(step) for step in body["steps"]),
        languages=tuple(body["languages"]),
        legal_basis=body["legal_basis"],
        consents={one["language"]: one["consent_text_id"] for one in body["consents"]},
        addressee_id=body["addressee_id"],
        required=frozenset(body["required"]),
        texts=texts,
        redirect_url=body["redirect_url"],
        has_double_opt_in=body["has_double_opt_in"],
        is_offered=body["is_offered"],
        sites=tuple(body["sites"]),
    )


def _shown(form_id: UUID) -> dict[str, Any]:
    form = forms.get(session(), actor().card().id, form_id)
    spec = form.spec
    tongues = tuple(dict.fromkeys((*spec.languages, *LANGUAGES)))
    consents = [
        {"language": one, "consent_text_id": spec.consents[one]} for one in tongues if one in spec.consents
    ]
    texts = [
        {"language": one, **{part: spec.texts[one].get(part, "") for part in TEXTS}}
        for one in tongues
        if one in spec.texts
    ]
    asked = ("country", "languages", "steps", "legal_basis", "addressee_id", "redirect_url", "has_double_opt_in",
             "is_offered", "sites")  # fmt: skip
    return {
        **_row(form),
        **{name: getattr(spec, name) for name in asked},
        "type": spec.lead_type,
        "required": sorted(spec.required),
        "consents": consents,
        "texts": texts,
        "questions": [
            {
                "name": one.name,
                "kind": one.kind,
                "label": one.label("en"),
                "is_locked": one.is_locked,
                "choices": [choice.value for choice in one.choices],
            }
            for one in questions(spec.kind).values()
        ],
        "versions": forms.versions(session(), actor().card().id, form_id),
    }


def _row(form: FormView) -> dict[str, Any]:
    names = (
        "id",
        "name",
        "source_id",
        "source_name",
        "state",
        "version",
        "is_changed",
        "created_at",
        "changed_at",
    )
    return {
        **{name: getattr(form, name) for name in names},
        "vertical": form.spec.kind.code,
        "vertical_version": form.spec.kind.version,
        "address": letters.link(f"/f/{form.slug}"),
    }


def _figures(counts: Counts) -> dict[str, Any]:
    return {
        "visits": counts.of(counting.VISIT),
        "starts": counts.of(counting.START),
        "submissions": counts.of(counting.SUBMIT),
        "leads": counts.of(counting.LEAD),
        "conversion": counts.conversion,
        "bounce": counts.bounce,
    }
