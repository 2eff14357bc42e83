"""Posting instructions of a source: for the agency, and for whoever holds a secret link to them."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.guard import actor, allow, allow_anyone, session
from app.incoming import instruction_links as links
from app.incoming.instructions import Instructions, written
from app.leads import consents, sources, verticals
from app.leads.intake_facts import IntakeFacts
from app.leads.legal_basis import CONSENT, REQUESTED
from app.leads.targets import CONSUMER, TARGETED
from app.pages.audience import only_for
from app.pages.form_errors import form_errors
from app.pages.intake_form import offered_facts, typed_facts
from app.pages.trade_words import language
from tenants.errors import NotFound, Refused
from tenants.permissions import Permission

pages = Blueprint("instructions", __name__)


@pages.get("/sources/<uuid:source_id>/instructions")
@allow(Permission.LEAD_READ)
@only_for("agency")
def show(source_id: UUID) -> str:
    """How to post leads of this source, and who was given a link."""
    return _page(source_id, {})


@pages.get("/sources/<uuid:source_id>/instructions.md")
@allow(Permission.LEAD_READ)
@only_for("agency")
def download(source_id: UUID) -> Response:
    """The same as Markdown."""
    return _markdown(actor().card().name, _said(_usual_facts(_source(source_id).id)))


@pages.post("/sources/<uuid:source_id>/instructions")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def share(source_id: UUID) -> Any:
    """Make a link; its address is shown on this answer and never again."""
    try:
        token = links.make(session(), actor(), typed_facts(_source(source_id).id))
    except Refused as refused:
        return _page(source_id, form_errors(refused)), refused.status
    return _page(source_id, {}, address=_address(token))


@pages.post("/sources/<uuid:source_id>/instructions/<uuid:link_id>/revoke")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def revoke(source_id: UUID, link_id: UUID) -> Any:
    """The link shows nothing any more."""
    links.revoke(session(), actor(), source_id, link_id)
    flash(_("The link shows nothing any more."), "ok")
    return redirect(url_for("instructions.show", source_id=source_id), 303)


@pages.get("/instructions/<token>")
@allow_anyone("whoever holds the link was given it")
def public(token: str) -> Response:
    """The instructions for a publisher."""
    found = links.opened(token)
    page = Response(
        render_template("instructions/public.html", agency=found.agency, token=token, said=_said(found.facts))
    )
    page.headers["X-Robots-Tag"] = "noindex, nofollow"
    page.headers["Referrer-Policy"] = "no-referrer"
    return page


@pages.get("/instructions/<token>/leads.md")
@allow_anyone("whoever holds the link was given it")
def public_download(token: str) -> Response:
    """The same as Markdown."""
    found = links.opened(token)
    return _markdown(found.agency, _said(found.facts))


def _said(facts: IntakeFacts) -> Instructions:
    return written(facts, current_app.config["FLOE"].base_url, language())


def _markdown(agency: str, said: Instructions) -> Response:
    text = render_template("instructions/leads.md.jinja", agency=agency, said=said)
    answer = Response(text, content_type="text/markdown; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="leads.md"'
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer


def _address(token: str) -> str:
    return f"{current_app.config['FLOE'].base_url}{url_for('instructions.public', token=token)}"


def _source(source_id: UUID) -> sources.Source:
    return sources.get(session(), actor().card().id, source_id)


def _usual_facts(source_id: UUID) -> IntakeFacts:
    """What an agency most likely posts; another vertical or type is named in the address."""
    codes = [one.code for one in verticals.current()]
    vertical = request.args.get("vertical", codes[0])
    lead_type = request.args.get("type", CONSUMER)
    if vertical not in codes or lead_type not in (CONSUMER, TARGETED):
        raise NotFound
    texts = [one for one in consents.listed(session(), actor().card().id) if one.is_newest]
    basis = CONSENT if lead_type == CONSUMER else REQUESTED
    text = texts[0].id if texts and basis == CONSENT else None
    return IntakeFacts(vertical, lead_type, source_id, actor().card().country, basis, consent_text_id=text)


def _page(source_id: UUID, errors: dict[str, str], address: str | None = None) -> str:
    source, tenant_id = _source(source_id), actor().card().id
    facts = _usual_facts(source_id)
    return render_template(
        "instructions/show.html",
        source=source,
        said=_said(facts),
        chosen=facts,
        links=links.listed(session(), tenant_id, source_id),
        address=address,
        errors=errors,
        form=request.form,
        may_write=actor().may(Permission.LEAD_WRITE),
        **offered_facts(),
        crumbs=[
            {"label": _("Sources and prices"), "href": url_for("sources.index")},
            {"label": _("Posting instructions"), "href": None},
        ],
    )
