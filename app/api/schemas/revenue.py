"""The operator's billing report: what was sold per lead and per action, what came back, what of it is ours."""

from marshmallow import fields

from app.api.schemas.fields import Answer, Id, Text, choice, currency, minor
from app.api.schemas.money import Period, PeriodQuery

BY = ("week", "month")


class RevenueQuery(PeriodQuery):
    """Days of the operator's time zone, both included, in weeks from Monday or in months."""

    by = choice(BY, load_default="week")


class Figures(Answer):
    """Sums net of VAT. Returns stand apart: nothing else is less by them but commission and VAT."""

    ppl_minor = minor()
    ppa_minor = minor()
    revenue_minor = minor()
    returns_minor = minor()
    commission_minor = minor()
    vat_minor = minor()
    leads = fields.Integer()
    actions = fields.Integer()
    returns = fields.Integer()


class Slice(Answer):
    """The figures of one week or month, clipped to the report's period."""

    period = fields.Nested(Period)
    figures = fields.Nested(Figures)


class Share(Answer):
    """The figures of one agency or company, or of one vertical (which has no id, only its code)."""

    id = Id(allow_none=True)
    name = Text()
    figures = fields.Nested(Figures)


class RevenueReport(Answer):
    """The report of a period; `before` are the figures of as many days before it."""

    period = fields.Nested(Period)
    by = choice(BY)
    currency = currency()
    total = fields.Nested(Figures)
    before = fields.Nested(Figures)
    slices = fields.List(fields.Nested(Slice))
    agencies = fields.List(fields.Nested(Share))
    companies = fields.List(fields.Nested(Share))
    verticals = fields.List(fields.Nested(Share))
