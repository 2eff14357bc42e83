"""The operator's finance: the billing report, the journals, the payouts."""

from flask import Blueprint

from app.pages import finance_journals, finance_payouts, finance_report

pages = Blueprint("finance", __name__, url_prefix="/finance")

ROUTES = (
    ("", "index", finance_report.index, ("GET",)),
    ("/revenue", "lines", finance_report.lines, ("GET",)),
    ("/journals", "journals", finance_journals.journals, ("GET",)),
    ("/journals/<uuid:journal_id>", "journal", finance_journals.journal, ("GET",)),
    ("/payouts", "payouts", finance_payouts.payouts_page, ("GET",)),
    ("/payouts", "record_payout", finance_payouts.record_payout, ("POST",)),
)
"""Path, endpoint, function, methods."""

for path, endpoint, view, methods in ROUTES:
    pages.add_url_rule(path, endpoint, view, methods=methods)
