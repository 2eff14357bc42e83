"""Is it alive, is it ready: for supervisors and balancers."""

from flask import Blueprint, Response, jsonify
from sqlalchemy import text

from app.guard import allow_anyone
from tenants import jobs
from tenants.db import platform_transaction

pages = Blueprint("health", __name__)


@pages.get("/healthz")
@allow_anyone("supervisors have no log-in")
def alive() -> Response:
    """The process answers."""
    return jsonify(status="ok")


@pages.get("/readyz")
@allow_anyone("supervisors have no log-in")
def ready() -> tuple[Response, int]:
    """Database and Valkey answer; 503 names the one that does not."""
    missing = []
    try:
        with platform_transaction("readiness") as session:
            session.execute(text("SELECT 1 FROM tenant LIMIT 1"))
    except Exception:
        missing.append("database")
    try:
        jobs.connection().ping()
    except Exception:
        missing.append("valkey")
    return jsonify(status="ready" if not missing else "not ready", missing=missing), 503 if missing else 200
