"""An agency's hosted forms: the list, one form with its figures, the builder, its preview, publishing and pausing."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import format_date
from flask_babel import gettext as _

from app import charts
from app.guard import actor, allow, session
from app.leads import addressees, consents, sources
from app.leads.forms import counting, forms, waiting
from app.leads.forms.forms import FormView, NewForm
from app.pages import form_builder, form_words, query, trade_words
from app.pages.audience import only_for
from app.pages.form_errors import form_errors
from app.pages.form_view import TONGUES
from tenants import clock, letters
from tenants.errors import NotFound, Refused
from tenants.permissions import Permission

pages = Blueprint("forms", __name__, url_prefix="/forms")

COUNTRIES = ("UA", "PL", "GB", "DE", "FR", "ES", "IT", "CZ", "RO", "US")


@pages.get("")
@allow(Permission.LEAD_READ)
@only_for("agency")
def index() -> str:
    """All forms with their last thirty days."""
    tenant_id = actor().card().id
    return render_template(
        "forms/index.html",
        forms=forms.listed(session(), tenant_id),
        counts=counting.by_form(session(), tenant_id, _since()),
        unvisited=counting.Counts({}),
        looks=form_words.LOOKS,
        states=form_words.STATES,
        may_write=actor().may(Permission.LEAD_WRITE),
        crumbs=[{"label": _("Forms"), "href": None}],
    )


@pages.route("/new", methods=("GET", "POST"))
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def new() -> Any:
    """Begin a form."""
    if request.method == "GET":
        return _new({})
    typed = request.form
    try:
        wanted = NewForm(
            typed.get("name", ""),
            query.picked_id(typed.get("source_id", "")),
            typed.get("vertical", ""),
            typed.get("country", ""),
            typed.get("language", ""),
        )
        form_id = forms.create(session(), actor(), wanted)
    except Refused as refused:
        return _new(form_errors(refused)), refused.status
    return redirect(url_for("forms.edit", form_id=form_id), 303)


@pages.get("/<uuid:form_id>")
@allow(Permission.LEAD_READ)
@only_for("agency")
def show(form_id: UUID) -> str:
    """One form: its address, its figures, its versions."""
    tenant_id = actor().card().id
    form = forms.get(session(), tenant_id, form_id)
    days = counting.by_day(session(), tenant_id, form_id, _since())
    address = letters.link(f"/f/{form.slug}")
    return render_template(
        "forms/show.html",
        form=form,
        total=counting.total(days),
        days=dict(reversed(days.items())),
        chart=charts.lines(_plot(days)) if days else None,
        refusals=form_words.REFUSALS,
        waiting=waiting.waiting_count(session(), tenant_id, form_id),
        versions=forms.versions(session(), tenant_id, form_id),
        address=address,
        script=f'<script src="{address}/embed.js" async></script>',
        frame=f'<iframe src="{address}?embed=1" title="{form.name}" width="100%" height="640"></iframe>',
        state=form_words.STATES[form.state],
        may_write=actor().may(Permission.LEAD_WRITE),
        crumbs=_crumbs(form),
    )


@pages.route("/<uuid:form_id>/edit", methods=("GET", "POST"))
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def edit(form_id: UUID) -> Any:
    """The builder: each of its buttons keeps everything that was typed."""
    form = forms.get(session(), actor().card().id, form_id)
    if request.method == "GET":
        return _builder(form, {})
    try:
        deed = form_builder.keep(session(), actor(), form, request.form)
    except Refused as refused:
        if isinstance(refused, NotFound):
            raise
        return _builder(form, form_errors(refused)), refused.status
    if deed == "publish":
        flash(_("The form is published."), "ok")
        return redirect(url_for("forms.show", form_id=form_id), 303)
    if deed == "save":
        flash(_("Saved."), "ok")
    return redirect(url_for("forms.edit", form_id=form_id, _anchor="questions" if ":" in deed else None), 303)


@pages.post("/<uuid:form_id>/pause")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def pause(form_id: UUID) -> Any:
    """Close the form for people, or open it again."""
    is_paused = request.form.get("paused") == "1"
    forms.pause(session(), actor(), form_id, is_paused=is_paused)
    flash(_("The form is paused.") if is_paused else _("The form is open again."), "ok")
    return redirect(url_for("forms.show", form_id=form_id), 303)


@pages.get("/<uuid:form_id>/preview")
@allow(Permission.LEAD_READ)
@only_for("agency")
def preview(form_id: UUID) -> Response:
    """A step of the draft as people will see it; nothing can be sent from here."""
    form = forms.get(session(), actor().card().id, form_id)
    language = request.args.get("lang", form.spec.languages[0])
    page = form_builder.preview(session(), actor(), form, language, request.args.get("step", "1"))
    answer = make_response(page)
    answer.headers["Content-Security-Policy"] = form_builder.PREVIEW_POLICY
    return answer


def _since() -> Any:
    return counting.first_day(clock.now(), actor().card().time_zone)


def _plot(days: dict[Any, counting.Counts]) -> charts.Plot:
    every = [_since() + timedelta(days=number) for number in range(counting.DAYS)]
    none = counting.Counts({})
    return charts.Plot(
        labels=[format_date(day, "d MMM") for day in every],
        series=[
            charts.Series(str(form_words.STEPS[kind]), [days.get(day, none).of(kind) for day in every])
            for kind in (counting.VISIT, counting.LEAD)
        ],
        label_head=_("Day"),
    )


def _new(errors: dict[str, str]) -> str:
    tenant_id = actor().card().id
    return render_template(
        "forms/new.html",
        errors=errors,
        typed=request.form,
        sources=[(str(one.id), one.name) for one in sources.listed(session(), tenant_id)],
        verticals=trade_words.vertical_options(),
        countries=[(code, trade_words.territory(code)) for code in COUNTRIES],
        languages=list(TONGUES.items()),
        country=actor().card().country,
        crumbs=[
            {"label": _("Forms"), "href": url_for("forms.index")},
            {"label": _("New form"), "href": None},
        ],
    )


def _builder(form: FormView, errors: dict[str, str]) -> Response:
    tenant_id = actor().card().id
    page = render_template(
        "forms/edit.html",
        form=form,
        view=form_builder.of_form(form, request.form if errors else None),
        errors=errors,
        sources=[(str(one.id), one.name) for one in sources.listed(session(), tenant_id)],
        consents=form_builder.consent_options(consents.listed(session(), tenant_id)),
        addressees=[(str(one.id), one.legal_name) for one in addressees.listed(session(), tenant_id)],
        countries=[(code, trade_words.territory(code)) for code in COUNTRIES],
        tongues=list(TONGUES.items()),
        crumbs=[*_crumbs(form)[:1], {"label": form.name, "href": url_for("forms.show", form_id=form.id)},
                {"label": _("Builder"), "href": None}],
    )  # fmt: skip
    answer = make_response(page)
    answer.headers["Content-Security-Policy"] = form_builder.builder_policy()
    return answer


def _crumbs(form: FormView) -> list[dict[str, Any]]:
    return [{"label": _("Forms"), "href": url_for("forms.index")}, {"label": form.name, "href": None}]
