"""Scoring: how the stock is graded, and the rules of one vertical, changed in a draft, tried out and saved."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.guard import actor, allow, session
from app.leads import sources, verticals
from app.leads.scoring import books, editing, rescore, stock
from app.leads.scoring.points import Scorer
from app.leads.scoring.rules import GROUPS, Rules
from app.leads.verticals import Vertical
from app.pages import scoring_try, trade_words
from app.pages.audience import only_for
from app.pages.form_errors import form_errors
from app.pages.score_words import condition_words, group_word, subject_word, trait_kind
from tenants import clock
from tenants.errors import NotFound, Refused
from tenants.permissions import Permission

pages = Blueprint("scoring", __name__, url_prefix="/scoring")


@pages.get("")
@allow(Permission.LEAD_READ)
@only_for("agency")
def index() -> str:
    """Every vertical: whose rules hold, and how the unsold stock is graded."""
    tenant_id = actor().card().id
    graded = stock.graded(session(), tenant_id)
    rows = [
        {
            "code": code,
            "name": name,
            "version": books.current(session(), tenant_id, code).version,
            "has_draft": editing.draft_of(session(), tenant_id, code) is not None,
            "stock": graded.get(code),
        }
        for code, name in trade_words.vertical_options()
    ]
    crumbs = [{"label": _("Scoring"), "href": None}]
    return render_template("scoring/index.html", rows=rows, most=stock.MOST, crumbs=crumbs)


@pages.get("/<code>")
@allow(Permission.LEAD_READ)
@only_for("agency")
def vertical(code: str) -> str:
    """The rules of one vertical, with the test box."""
    return _page(_known(code), {})


@pages.post("/<code>/group")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def group(code: str) -> Any:
    """Change what a group adds and takes away at most."""
    limits = (_whole("cap"), _whole("floor"))
    return _done(
        code, lambda: editing.put_group(session(), actor(), code, request.form.get("group", ""), limits)
    )


@pages.post("/<code>/remove")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def remove(code: str) -> Any:
    """Take a rule or a trait out of the draft."""
    return _done(code, lambda: editing.remove(session(), actor(), code, request.form.get("rule", "")))


@pages.post("/<code>/discard")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def discard(code: str) -> Any:
    """Throw the changes away."""
    return _done(code, lambda: editing.discard(session(), actor(), code), _("The changes are thrown away."))


@pages.post("/<code>/save")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def save(code: str) -> Any:
    """Let the changes hold; unsold stock is scored anew."""
    told = _("Saved. Unsold leads are being scored anew; what was sold keeps its score.")
    return _done(code, lambda: editing.save(session(), actor(), code), told)


def _done(code: str, deed: Any, sentence: str | None = None) -> Any:
    kind = _known(code)
    try:
        deed()
    except NotFound:
        raise
    except Refused as refused:
        return _page(kind, form_errors(refused)), refused.status
    flash(sentence or _("Changed in the draft. Try it out, then save."), "ok")
    return redirect(url_for("scoring.vertical", code=code), 303)


def _page(kind: Vertical, errors: dict[str, str]) -> str:
    tenant_id = actor().card().id
    saved = books.rules_of(session(), tenant_id, kind.code)
    draft = editing.draft_of(session(), tenant_id, kind.code)
    rules, names = draft or saved, source_names(tenant_id)
    trial = scoring_try.trial(session(), tenant_id, kind, clock.now())
    shown = scoring_try.outcome(trial, Scorer(rules), Scorer(saved) if draft else None, names)
    return render_template(
        "scoring/vertical.html",
        kind=kind,
        version=saved.version,
        is_draft=draft is not None,
        groups=_groups(rules),
        rules=_rules(rules, names),
        traits=_traits(rules, names),
        run=rescore.run_of(session(), tenant_id, kind.code),
        trial=shown,
        fields=scoring_try.fields(kind, names),
        recent=stock.recent(session(), tenant_id, kind.code),
        may_write=actor().may(Permission.LEAD_WRITE),
        errors=errors,
        crumbs=[
            {"label": _("Scoring"), "href": url_for("scoring.index")},
            {"label": kind.name(trade_words.language()), "href": None},
        ],
    )


def source_names(tenant_id: UUID) -> dict[str, str]:
    """Id (as text) → name of every source of the agency."""
    return {str(one.id): one.name for one in sources.listed(session(), tenant_id, has_archived=True)}


def _known(code: str) -> Vertical:
    try:
        return verticals.get(code if "@" not in code else "")
    except Refused as unknown:
        raise NotFound from unknown


def _groups(rules: Rules) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "word": group_word(name),
            "cap": rules.groups[name].cap,
            "floor": rules.groups[name].floor,
        }
        for name in GROUPS
    ]


def _rules(rules: Rules, names: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "key": one.key,
            "group": group_word(one.group),
            "about": subject_word(one.when.subject, rules.vertical),
            "words": condition_words(one.when, rules.vertical, names),
            "points": one.points,
            "half_life": one.half_life_days,
        }
        for one in sorted(rules.rules, key=lambda one: GROUPS.index(one.group))
    ]


def _traits(rules: Rules, names: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "key": one.key,
            "kind": trait_kind(one.kind),
            "about": subject_word(one.when.subject, rules.vertical),
            "words": condition_words(one.when, rules.vertical, names),
            "weight": one.weight,
        }
        for one in rules.profile
    ]


def _whole(name: str) -> int | None:
    typed = request.form.get(name, "").strip().replace("−", "-")
    return (
        int(typed) if typed.lstrip("-").isascii() and typed.lstrip("-").isdigit() and len(typed) < 7 else None
    )
