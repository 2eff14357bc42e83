"""Hosted forms as their agency defines and sees them, and their figures."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from app.api.schemas.fields import (
    Answer,
    Asked,
    Day,
    Flag,
    Id,
    Moment,
    Text,
    choice,
    page_of,
    text,
    vertical_code,
)
from app.api.schemas.intake import LEAD_TYPES
from app.leads.countries import LANGUAGES
from app.leads.forms.forms import LONGEST_NAME
from app.leads.forms.spec import (
    LONGEST_TEXT,
    LONGEST_TITLE,
    LONGEST_URL,
    MOST_QUESTIONS,
    MOST_SITES,
    MOST_STEPS,
)
from app.leads.legal_basis import BASES, CONSENT
from app.leads.targets import CONSUMER

FORM_STATES = ("draft", "published", "paused")


class FormTexts(Asked):
    """What a form says in one language; without `thanks` it thanks in words of its own."""

    language = choice(LANGUAGES, required=True)
    title = text(LONGEST_TITLE, required=True)
    intro = text(LONGEST_TEXT, load_default="")
    thanks = text(LONGEST_TEXT, load_default="")


class FormConsent(Asked):
    """The consent text that readers of one language are shown."""

    language = choice(LANGUAGES, required=True)
    consent_text_id = Id(required=True)


def _steps(**more: Any) -> fields.List[Any]:
    step = fields.List(text(100, shortest=1), validate=validate.Length(1, MOST_QUESTIONS))
    return fields.List(
        step,
        validate=validate.Length(1, MOST_STEPS),
        metadata={"description": "The names of questions by step."},
        **more,
    )


def _names(**more: Any) -> fields.List[Any]:
    return fields.List(text(100, shortest=1), validate=validate.Length(max=MOST_QUESTIONS), **more)


class _Defined(Asked):
    name = text(LONGEST_NAME, shortest=1, required=True)
    source_id = Id(required=True)
    country = text(2, shortest=2, required=True)
    type = choice(LEAD_TYPES, load_default=CONSUMER)
    languages = fields.List(
        choice(LANGUAGES),
        required=True,
        validate=validate.Length(1, len(LANGUAGES)),
        metadata={"uniqueItems": True, "description": "The first one is shown to who speaks none of them."},
    )
    legal_basis = choice(BASES, load_default=CONSENT)
    consents = fields.List(
        fields.Nested(FormConsent), load_default=[], validate=validate.Length(max=len(LANGUAGES))
    )
    addressee_id = Id(load_default=None, allow_none=True)
    redirect_url = text(LONGEST_URL, load_default="")
    has_double_opt_in = Flag(load_default=False)
    is_offered = Flag(load_default=True, metadata={"description": "Else its leads are kept as drafts."})
    sites = fields.List(
        text(LONGEST_URL, shortest=1),
        load_default=[],
        validate=validate.Length(max=MOST_SITES),
        metadata={
            "description": "Which sites may show it, such as https://www.example.com; none named: any."
        },
    )

    @validates_schema
    def _says_each_language_once(self, data: dict[str, Any], **_more: Any) -> None:
        said = {"languages": data["languages"]}
        said |= {part: [one["language"] for one in data[part] or ()] for part in ("consents", "texts")}
        for part, languages in said.items():
            if len(set(languages)) < len(languages):
                raise ValidationError({part: ["A language stands here twice."]})


class FormDraft(_Defined):
    """A whole form, in the place of the draft before; what is not named has its default."""

    steps = _steps(required=True)
    required = _names(load_default=[])
    texts = fields.List(
        fields.Nested(FormTexts), load_default=[], validate=validate.Length(max=len(LANGUAGES))
    )


class NewForm(_Defined):
    """A form; without steps, required names and texts it begins as its vertical usually does."""

    vertical = vertical_code()
    steps = _steps(load_default=None, allow_none=True)
    required = _names(load_default=None, allow_none=True)
    texts = fields.List(
        fields.Nested(FormTexts),
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=len(LANGUAGES)),
    )


class VisitFigures(Answer):
    """What happened on a form over some days. A person counts once a day, without a cookie."""

    visits = fields.Integer()
    starts = fields.Integer()
    submissions = fields.Integer()
    leads = fields.Integer()
    conversion = fields.Float(
        allow_none=True, metadata={"description": "Leads by visit; null without a visit."}
    )
    bounce = fields.Float(
        allow_none=True, metadata={"description": "The share of visitors who began nothing."}
    )


class FormRow(Answer):
    """A form. `is_changed`: people do not see the draft yet."""

    id = Id()
    name = Text()
    source_id = Id()
    source_name = Text()
    vertical = Text()
    vertical_version = fields.Integer()
    state = choice(FORM_STATES)
    version = fields.Integer(allow_none=True, metadata={"description": "The one people see."})
    is_changed = fields.Boolean()
    address = Text(
        metadata={
            "description": "Where people find it once it is published; `/embed.js` behind it embeds it."
        }
    )
    created_at = Moment()
    changed_at = Moment()


class FormListed(FormRow):
    """A form with its last 30 days."""

    figures = fields.Nested(VisitFigures)


class FormTextsAnswer(Answer):
    """What a form says in one language."""

    language = choice(LANGUAGES)
    title = Text()
    intro = Text()
    thanks = Text()


class FormConsentAnswer(Answer):
    """The consent text that readers of one language are shown."""

    language = choice(LANGUAGES)
    consent_text_id = Id()


class FormQuestion(Answer):
    """Something a form of this vertical can ask; what is locked must be asked and answered."""

    name = Text()
    kind = Text()
    label = Text()
    is_locked = fields.Boolean()
    choices = fields.List(Text())


class FormVersion(Answer):
    """What people saw from one publication to the next."""

    version = fields.Integer()
    published_at = Moment()
    published_by = Text()


class Form(FormRow):
    """A form with its draft, everything it could ask, and its newest versions."""

    country = Text()
    type = choice(LEAD_TYPES)
    languages = fields.List(choice(LANGUAGES))
    steps = fields.List(fields.List(Text()))
    required = fields.List(Text())
    legal_basis = choice(BASES)
    consents = fields.List(fields.Nested(FormConsentAnswer))
    addressee_id = Id(allow_none=True)
    texts = fields.List(fields.Nested(FormTextsAnswer))
    redirect_url = Text()
    has_double_opt_in = fields.Boolean()
    is_offered = fields.Boolean()
    sites = fields.List(Text())
    questions = fields.List(fields.Nested(FormQuestion))
    versions = fields.List(fields.Nested(FormVersion))


class VisitDay(VisitFigures):
    """What happened on one day of the agency's."""

    day = Day()


class FormRefusal(Answer):
    """How often something was not taken, and why."""

    reason = Text()
    count = fields.Integer()


class FormFigures(Answer):
    """The last 30 days, today with them: together, and each day on which anything happened."""

    since = Day()
    total = fields.Nested(VisitFigures)
    days = fields.List(fields.Nested(VisitDay))
    refused = fields.List(fields.Nested(FormRefusal))
    duplicate = fields.Integer()
    suppressed = fields.Integer()
    quarantined = fields.Integer()
    waiting = fields.Integer(metadata={"description": "Sent, and not confirmed by mail yet."})


FormPage = page_of(FormListed, "FormPage")
