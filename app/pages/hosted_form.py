"""A hosted form as people meet it: open to everybody, without a cookie, in their language, also inside another site.

Invariant: the page loads nothing but our own files, and only the sites its agency names may frame it.
"""

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from flask import Blueprint, Response, current_app, make_response, redirect, render_template, request, url_for

from app.body_size import takes_body
from app.guard import allow_anyone
from app.leads.forms import published
from app.leads.forms.origin import Visitor
from app.leads.forms.published import FormClosed, LiveForm
from app.leads.forms.waiting import DeadConfirmation
from app.market import form_leads
from app.market.form_leads import Page
from app.pages import form_view
from app.security import csrf
from tenants.errors import NotFound

pages = Blueprint("hosted_form", __name__, url_prefix="/f")
csrf.exempt(pages)

_LARGEST_BYTES = 500_000


@pages.get("/<slug>")
@allow_anyone("people ask to be contacted without an account")
def show(slug: str) -> Any:
    """The form at its first step."""
    form = _found(slug)
    if not isinstance(form, LiveForm):
        return form
    query = {**request.args.to_dict(), **_where_from()}
    return _shown(form_leads.visit(form, _language(form), query, _visitor()))


@pages.post("/<slug>")
@takes_body(_LARGEST_BYTES)
@allow_anyone("people ask to be contacted without an account")
def answer(slug: str) -> Any:
    """One step sent: the next one, the same one with what is wrong, or thanks."""
    form = _found(slug)
    if not isinstance(form, LiveForm):
        return form
    try:
        went = form_leads.answer(form, _language(form), request.form.to_dict(), _visitor())
    except FormClosed:
        return _closed(form.spec.languages[0])
    if isinstance(went, Page):
        return _shown(went)
    spec = went.form.spec
    if spec.redirect_url and not went.is_embedded and not went.is_awaiting:
        return redirect(spec.redirect_url, 303)
    embed = "1" if went.is_embedded else None
    return redirect(url_for("hosted_form.thanks", slug=slug, lang=went.language, embed=embed), 303)


@pages.post("/<slug>/start")
@takes_body(_LARGEST_BYTES)
@allow_anyone("the form's own page says that it is being filled in")
def start(slug: str) -> Response:
    """Count one beginning; says nothing, whatever was sent."""
    form_leads.start(published.find(slug), request.form.get("carried", ""))
    return Response(status=204)


@pages.get("/<slug>/thanks")
@allow_anyone("whoever has sent a form is thanked")
def thanks(slug: str) -> Any:
    """Thanks, the same for everybody."""
    form = _found(slug)
    if not isinstance(form, LiveForm):
        return form
    return _page(
        "hosted_form/thanks.html", form, _language(form), is_embedded=request.args.get("embed") == "1"
    )


@pages.route("/<slug>/confirm/<token>", methods=("GET", "POST"))
@allow_anyone("the link was mailed to the person who filled in the form")
def confirm(slug: str, token: str) -> Any:
    """Confirm a mailbox: looking changes nothing, because mail scanners look at links; the button does."""
    written, _, mark = token.partition(".")
    try:
        submission_id = UUID(written)
    except ValueError:
        return _dead()
    try:
        if request.method == "GET":
            form = form_leads.asked_to_confirm(slug, submission_id, mark)
            return _page("hosted_form/confirm.html", form, _language(form))
        went = form_leads.confirm(slug, submission_id, mark)
    except DeadConfirmation:
        return _dead()
    except FormClosed:
        return _closed(_browser_language())
    if went.form.spec.redirect_url:
        return redirect(went.form.spec.redirect_url, 303)
    return _page("hosted_form/confirmed.html", went.form, went.language)


@pages.get("/<slug>/embed.js")
@allow_anyone("other sites load it to show the form")
def embed(slug: str) -> Response:
    """The script that puts the form into another site."""
    answer = current_app.send_static_file("form_embed.js")
    answer.headers["Content-Type"] = "text/javascript; charset=utf-8"
    answer.headers["Cache-Control"] = "public, max-age=3600"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


def _found(slug: str) -> LiveForm | Response:
    """The form, or the page that says that it is closed or not there."""
    try:
        return published.find(slug)
    except FormClosed:
        return _closed(_browser_language())
    except NotFound:
        return _closed(_browser_language(), status=404)


def _shown(page: Page) -> Response:
    form, at = page.form, page.shown.progress
    status = {"wrong": 422, "too_many": 429}.get(page.shown.notice, 200)
    view = form_view.of_page(page, request.args.get("embed") == "1" or at.is_embedded)
    shown = {"view": view, "is_embedded": at.is_embedded, "agency": form.agency.name}
    target = url_for("hosted_form.answer", slug=form.slug, lang=at.language)
    answer = _page("hosted_form/form.html", form, at.language, status, target=target, **shown)
    # the way back leads to this very page, as it was filled in, not to an error of the browser
    answer.headers["Cache-Control"] = "private, max-age=0"
    return answer


def _page(template: str, form: LiveForm, language: str, status: int = 200, **shown: Any) -> Response:
    words = form_view.words(language)
    page = render_template(template, form=form, spec=form.spec, language=language, **words, **shown)
    answer = make_response(page, status)
    answer.headers["Content-Security-Policy"] = policy(form.spec.sites, form.spec.redirect_url)
    answer.headers["Referrer-Policy"] = "same-origin"
    return answer


def policy(sites: tuple[str, ...], redirect_url: str) -> str:
    """Our own files only; framed by the agency's sites, or by all where it names none."""
    leads_to = ""
    if redirect_url:
        parts = urlsplit(redirect_url)
        leads_to = f" {parts.scheme}://{parts.netloc}"
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        f"form-action 'self'{leads_to}; base-uri 'none'; frame-ancestors {' '.join(sites) or '*'}"
    )


def _closed(language: str, status: int = 410) -> Response:
    words = form_view.words(language)
    page = render_template("hosted_form/closed.html", language=language, is_gone=status == 404, **words)
    answer = make_response(page, status)
    answer.headers["Content-Security-Policy"] = policy((), "")
    return answer


def _dead() -> Response:
    language = _browser_language()
    words = form_view.words(language)
    return make_response(render_template("hosted_form/dead.html", language=language, **words), 410)


def _browser_language() -> str:
    return request.accept_languages.best_match(list(form_view.TONGUES)) or "en"


def _language(form: LiveForm) -> str:
    """The language that was asked for, else the browser's, else the form's first."""
    spoken = form.spec.languages
    wanted = request.args.get("lang", "")
    return wanted if wanted in spoken else request.accept_languages.best_match(list(spoken)) or spoken[0]


def _where_from() -> dict[str, str]:
    """Pages that the embedding script told, else those the browser tells."""
    if request.args.get("embed") == "1":
        return {}
    return {"landing": request.base_url, "referrer": request.referrer or ""}


def _visitor() -> Visitor:
    return Visitor(request.remote_addr or "", request.user_agent.string[:300])
