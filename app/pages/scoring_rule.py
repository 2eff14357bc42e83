"""The form of one rule or of one trait of the ideal customer: first what it looks at, then the rest, without a script."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.guard import actor, allow, session
from app.leads import verticals
from app.leads.channels import CHANNELS
from app.leads.scoring import books, editing
from app.leads.scoring.rules import EXCLUDE, GROUPS, MUST, WEIGHT, Rules
from app.leads.scoring.subjects import (
    ACTIVITY,
    AGE,
    ANSWER,
    BETWEEN,
    CHOICE,
    DATE,
    FLAG,
    IS,
    MONEY,
    NUMBER,
    ONE_OF,
    OPS,
    PRESENT,
    TEXT,
    Subject,
    is_of_the_moment,
    subjects,
)  # fmt: skip
from app.leads.verticals import Vertical
from app.pages.audience import only_for
from app.pages.form_errors import form_errors
from app.pages.score_words import OP_WORDS, group_word, subject_word, trait_kind, value_word
from app.pages.scoring import source_names
from app.pages.trade_words import language
from tenants.errors import NotFound, Refused
from tenants.permissions import Permission

pages = Blueprint("scoring_rule", __name__, url_prefix="/scoring")

CURRENCIES = ("UAH", "PLN", "EUR", "USD", "GBP")
RULE, TRAIT = "rule", "trait"


@pages.get("/<code>/rule")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def edit(code: str) -> str:
    """The form for a new rule or trait, or for the one named by `rule`."""
    kind = _vertical(code)
    known = _existing(kind, request.args.get("rule", ""))
    what = request.args.get("what", RULE)
    if known is None:
        return _page(kind, what, request.args.get("subject", ""), {}, {})
    return _page(kind, str(known["what"]), str(known["subject"]), known, {})


@pages.post("/<code>/rule")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def put(code: str) -> Any:
    """Put a rule or a trait into the draft."""
    kind, form = _vertical(code), request.form
    what, subject = form.get("what", RULE), subjects(kind).get(form.get("subject", ""))
    data = _typed(subject, what)
    put_it = editing.put_trait if what == TRAIT else editing.put_rule
    try:
        put_it(session(), actor(), code, data)
    except NotFound:
        raise
    except Refused as refused:
        code_of = subject.code if subject else ""
        return _page(kind, what, code_of, data | {"what": what}, form_errors(refused)), refused.status
    flash(_("Changed in the draft. Try it out, then save."), "ok")
    return redirect(url_for("scoring.vertical", code=code), 303)


def _vertical(code: str) -> Vertical:
    try:
        return verticals.get(code if "@" not in code else "")
    except Refused as unknown:
        raise NotFound from unknown


def _existing(kind: Vertical, key: str) -> dict[str, Any] | None:
    if not key:
        return None
    tenant_id = actor().card().id
    rules: Rules = editing.draft_of(session(), tenant_id, kind.code) or books.rules_of(
        session(), tenant_id, kind.code
    )
    data = rules.as_data()
    for what, ones in ((RULE, data["rules"]), (TRAIT, data["profile"])):
        for one in ones:
            if one["key"] == key:
                return {**one, "what": what}
    raise NotFound


def _typed(subject: Subject | None, what: str) -> dict[str, Any]:
    """The form as data of a rule; what cannot be read stays as it is, to be refused by the rules."""
    form = request.form
    data: dict[str, Any] = {"key": form.get("rule", ""), "subject": form.get("subject", "")}
    op = form.get("op", PRESENT)
    values = _values(subject, op) if subject else []
    if op in (IS, ONE_OF):
        op = IS if len(values) == 1 else ONE_OF
        if subject and ONE_OF not in OPS[subject.kind]:
            op = IS
    data |= {"op": op, "values": values, "currency": form.get("currency", "")}
    if what == TRAIT:
        return data | {"kind": form.get("kind", ""), "weight": _whole(form.get("weight", ""))}
    half_life = form.get("half_life_days", "").strip()
    return data | {
        "group": form.get("group", ""),
        "points": _whole(form.get("points", "")),
        "half_life_days": _whole(half_life) if half_life else None,
    }


def _values(subject: Subject, op: str) -> list[Any]:
    if op == PRESENT:
        return []
    written = [one.strip() for one in request.form.getlist("values")]
    if subject.kind in (NUMBER, MONEY, AGE, DATE):
        wanted = written[: 2 if op == BETWEEN else 1]
        return wanted if subject.kind == DATE else [_whole(one) for one in wanted]
    if subject.kind == FLAG:
        return [one == "true" for one in written if one]
    if subject.kind == TEXT and subject.code != "source":
        return [part.strip() for one in written for part in one.split(",") if part.strip()]
    return [one for one in written if one]


def _whole(typed: str) -> int | str:
    plain = "".join(typed.replace("−", "-").split())
    digits = plain.removeprefix("-")
    return int(plain) if digits.isascii() and digits.isdigit() and len(digits) < 12 else typed


def _page(kind: Vertical, what: str, code: str, data: Mapping[str, Any], errors: Mapping[str, str]) -> str:
    known = subjects(kind)
    is_trait = what == TRAIT
    subject = known.get(code)
    if subject is not None and is_trait and is_of_the_moment(subject.code):
        subject = None
    names = source_names(actor().card().id)
    return render_template(
        "scoring/rule.html",
        kind=kind,
        is_trait=is_trait,
        subject=subject,
        about=subject_word(code, kind) if subject else "",
        subject_groups=_subject_groups(kind, is_trait),
        ops=[(op, OP_WORDS[op]) for op in _ops(subject)] if subject else [],
        options=_options(subject, kind, names) if subject else [],
        groups=[(name, group_word(name)) for name in GROUPS],
        kinds=[(name, trait_kind(name)) for name in (WEIGHT, MUST, EXCLUDE)],
        currencies=[(one, one) for one in CURRENCIES],
        data=data,
        errors=errors,
        crumbs=[
            {"label": _("Scoring"), "href": url_for("scoring.index")},
            {"label": kind.name(language()), "href": url_for("scoring.vertical", code=kind.code)},
            {"label": _("Trait") if is_trait else _("Rule"), "href": None},
        ],
    )


def _ops(subject: Subject) -> list[str]:
    """The comparisons of the form: one of several covers a single one."""
    found = list(OPS[subject.kind])
    if ONE_OF in found:
        found.remove(IS)
    return found


def _options(subject: Subject, kind: Vertical, names: Mapping[str, str]) -> list[tuple[str, str]]:
    """The values to choose from, where the list is closed."""
    if subject.code == "source":
        return list(names.items())
    if subject.code == "channel":
        return [(one.code, one.label(language())) for one in CHANNELS.values()]
    if subject.kind != CHOICE or subject.choices is None:
        return []
    return [(value, value_word(subject, value, kind, names)) for value in subject.choices]


def _subject_groups(kind: Vertical, is_trait: bool) -> list[tuple[str, list[tuple[str, str]]]]:
    answers: list[tuple[str, str]] = []
    lead: list[tuple[str, str]] = []
    story: list[tuple[str, str]] = []
    for code in subjects(kind):
        pair = (code, subject_word(code, kind))
        if is_trait and is_of_the_moment(code):
            continue
        (answers if code.startswith(ANSWER) else story if code.startswith(ACTIVITY) else lead).append(pair)
    groups = [(_("Answers"), answers), (_("The lead"), lead), (_("What happened since"), story)]
    return [(name, pairs) for name, pairs in groups if pairs]
