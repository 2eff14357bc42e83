"""Puts the API on the app: its resources, its pace, its document."""

from importlib import import_module

from flask import Flask
from flask_smorest import Api  # type: ignore[import-untyped]

from app.api import document, pacing

RESOURCES = (
    "me",
    "verticals",
    "sources",
    "prices",
    "consent_texts",
    "addressees",
    "leads",
    "bulk_leads",
    "quarantine",
    "suppression_lists",
    "scores",
    "connections",
    "connection_bodies",
    "forms",
    "uploads",
    "batches",
    "batch_columns",
    "batch_fixes",
    "batch_life",
    "rechecks",
    "listings",
    "reserved_leads",
    "purchases",
    "sales",
    "outcomes",
    "actions",
    "returns",
    "wallet",
    "top_ups",
    "journals",
    "books",
    "payouts",
    "reports",
    "destinations",
    "deliveries",
)
"""Modules of app/api; each has its operations in `resource`."""


class _Described(Api):  # type: ignore[misc]
    """The extension without its error handlers: they would answer for every page of the app."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        """app/errors.py answers everything."""


def register(app: Flask) -> None:
    """Mount /api/v1 with its document and the pages that show it."""
    from app.security import csrf

    described = _Described(app, spec_kwargs=document.about(app.config["FLOE"]))
    document.describe_refusals(described.spec)
    settings = app.config["FLOE"]
    counter = pacing.limiter(app, settings)
    for name in RESOURCES:
        resource = import_module(f"app.api.{name}").resource
        pacing.pace(counter, resource, settings)
        csrf.exempt(resource)
        described.register_blueprint(resource)
    document.serve(app, described.spec)
