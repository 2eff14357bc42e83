"""The builder of a hosted form: what was typed becomes a spec, a button becomes one deed, a draft becomes a preview."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from flask import current_app, render_template
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from app.leads.consents import ConsentText
from app.leads.forms import forms, progress, published
from app.leads.forms.edit import edited
from app.leads.forms.forms import FormView
from app.leads.forms.published import LiveForm
from app.leads.forms.questions import Question, questions
from app.leads.forms.spec import TEXTS, FormSpec
from app.leads.forms.walk import Shown
from app.market.form_leads import Page
from app.pages import form_view, query, trade_words
from app.security import content_policy
from tenants import clock
from tenants.actor import Actor

PREVIEW_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)


@dataclass(frozen=True, slots=True)
class BuilderView:
    """The builder as it is drawn: the spec, its questions by step, and what else could be asked."""

    name: str
    source_id: str
    spec: FormSpec
    steps: tuple[tuple[Question, ...], ...]
    more: tuple[tuple[str, str], ...]
    languages: tuple[str, ...]


def builder_policy() -> str:
    """The builder shows a page of ours in a frame."""
    return content_policy(current_app.config["FLOE"]) + "; frame-src 'self'"


def of_form(form: FormView, typed: MultiDict[str, str] | None) -> BuilderView:
    """The builder for a form; after a refusal with what was typed."""
    spec = typed_spec(form.spec, typed) if typed else form.spec
    known = questions(form.spec.kind)
    language = trade_words.language()
    return BuilderView(
        name=typed.get("name", "") if typed else form.name,
        source_id=typed.get("source_id", "") if typed else str(form.source_id),
        spec=spec,
        steps=tuple(tuple(known[name] for name in step) for step in spec.steps),
        more=tuple((one.name, one.label(language)) for one in known.values() if one.name not in spec.asked),
        languages=spec.languages or form.spec.languages,
    )


def consent_options(texts: Sequence[ConsentText]) -> dict[str, list[tuple[str, str]]]:
    """For each language of a form the texts it can show: first its own, newest versions only."""
    newest = [one for one in texts if one.is_newest]
    return {
        code: [
            (str(one.id), f"{one.name} · {one.version} · {trade_words.tongue(one.language)}")
            for one in sorted(newest, key=lambda one: one.language != code)
        ]
        for code in form_view.TONGUES
    }


def keep(session: Session, actor: Actor, form: FormView, typed: MultiDict[str, str]) -> str:
    """Keep what was typed and do what its button says; gives the deed. Raises as `forms.save` and `forms.publish`."""
    said = typed.get("do", "save")
    deed, _, name = said.partition(":")
    spec = typed_spec(form.spec, typed)
    if deed == "add":
        name = typed.get("more", "")
    spec = edited(spec, deed, name)
    source_id = query.picked_id(typed.get("source_id", ""))
    forms.save(session, actor, form.id, typed.get("name", ""), source_id, spec)
    if deed == "publish":
        forms.publish(session, actor, form.id)
    return said if deed != "add" else "add:"


def typed_spec(before: FormSpec, typed: MultiDict[str, str]) -> FormSpec:
    """The spec with everything the builder's page sends, whichever button was pressed."""
    chosen_ones = typed.getlist("languages")
    in_order = dict.fromkeys((*before.languages, *form_view.TONGUES))
    languages = tuple(code for code in in_order if code in chosen_ones)
    texts = {code: _texts(code, before, typed) for code in languages}
    chosen = {code: _id(typed.get(f"consent-{code}", "")) for code in languages}
    return replace(
        before,
        country=typed.get("country", before.country),
        lead_type=typed.get("lead_type", before.lead_type),
        languages=languages,
        legal_basis=typed.get("legal_basis", before.legal_basis),
        consents={code: one for code, one in chosen.items() if one},
        addressee_id=_id(typed.get("addressee_id", "")) if typed.get("lead_type") == "targeted" else None,
        required=frozenset(typed.getlist("required")) & set(before.asked),
        texts=texts,
        redirect_url=typed.get("redirect_url", "").strip(),
        has_double_opt_in=typed.get("has_double_opt_in") == "1",
        is_offered=typed.get("is_offered") == "1",
        sites=tuple(
            line.strip().lower().rstrip("/") for line in typed.get("sites", "").split() if line.strip()
        ),
    )


def preview(session: Session, actor: Actor, form: FormView, language: str, step: str) -> str:
    """One step of the draft, drawn as people will see it."""
    spec, card = form.spec, actor.card()
    spoken = language if language in spec.languages else spec.languages[0]
    at = int(step) if step.isdecimal() and len(step) < 3 else 1
    shown = replace(progress.begin(0, spoken, clock.now()), step=min(max(at, 1), max(len(spec.steps), 1)) - 1)
    live = LiveForm(card, form.id, form.slug, form.name, form.source_id, 0, spec)
    body = published.consent_body(session, card.id, spec.consent(spoken))
    view = form_view.of_page(Page(live, Shown(shown), "", body), is_embedded=True)
    words = form_view.words(spoken)
    told: dict[str, Any] = {"is_preview": True, "is_embedded": True, "agency": card.name, "target": ""}
    return render_template("hosted_form/form.html", view=view, spec=spec, language=spoken, **words, **told)


def _texts(code: str, before: FormSpec, typed: MultiDict[str, str]) -> Mapping[str, str]:
    kept = before.texts.get(code, {})
    if code not in before.languages and f"title-{code}" not in typed:
        return kept or {"title": before.kind.name(code)}
    return {part: typed.get(f"{part}-{code}", kept.get(part, "")).strip() for part in TEXTS}


def _id(written: str) -> UUID | None:
    return query.picked_id(written) if written else None
