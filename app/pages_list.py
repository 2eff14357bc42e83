"""Every blueprint of the app, in one list."""

from importlib import import_module

from flask import Flask

from app.guard import allow_anyone

PAGES = (
    "health", "shell", "ui", "palette", "account", "settings", "operator", "dev_mail",
    "stripe_webhook", "money_words", "wallet", "statement", "finance", "reports",
    "trade_words", "fact_words", "screening_words", "overview", "hosted_form", "forms", "market", "basket",
    "reserved", "purchases", "sales", "actions", "returns", "decisions", "destinations", "uploads", "upload_steps",
    "upload_check", "upload_offer", "rechecks", "leads", "quick", "quarantine", "suppression", "list_uploads", "sources", "instructions",
    "incoming", "connections", "connection_edit", "connection_bodies", "mail_rules", "consents", "addressees", "score_words",
    "scoring", "scoring_rule", "score_alerts",
)  # fmt: skip
"""Modules of app/pages; each has its blueprint in `pages`."""


def register(app: Flask) -> None:
    """Mount pages, API and webhooks."""
    from app import formats, icons, navigation
    from app.api import mount

    icons.register(app)
    formats.register(app)
    navigation.register(app)
    for name in PAGES:
        app.register_blueprint(import_module(f"app.pages.{name}").pages)
    mount.register(app)
    app.view_functions["static"] = allow_anyone("style sheets, scripts, icons")(app.view_functions["static"])
