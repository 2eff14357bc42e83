"""Every module that declares jobs or sweeps, in one list: worker, scheduler, tests and demo all load it."""

from importlib import import_module

MODULES = (
    "app.delivery.jobs",
    "app.market.clockwork",
    "app.market.returns",
    "app.outcomes.settle",
    "app.incoming.jobs",
    "app.event_mails",
    "app.reports.daily_mail",
    "app.leads.check",
    "app.leads.clearing",
    "app.leads.file_uploads",
    "app.leads.reading",
    "app.market.batch_offers",
    "app.leads.quarantine",
    "app.leads.scoring.rescore",
    "app.leads.scoring.sms",
    "app.leads.scoring.telling",
    "app.market.lead_score",
    "app.market.rechecks",
    "app.market.suppress_file",
    "app.leads.news",
    "app.leads.forms.confirmation",
    "billing.inbox",
    "tenants.mail",
)


def load() -> None:
    """Make every job and sweep known to tenants/jobs.py."""
    for module in MODULES:
        import_module(module)
