"""The doors for people: signing up, logging in and out, forgotten passwords, invitations, one's organisations."""

from flask import Blueprint

from app.pages import account_entry, account_invitation, account_password, account_sign_up

pages = Blueprint("account", __name__)

ROUTES = (
    ("/sign-up", "sign_up", account_sign_up.sign_up, ("GET", "POST")),
    ("/confirm/<token>", "confirm", account_sign_up.confirm, ("GET", "POST")),
    ("/terms", "terms", account_sign_up.terms, ("GET",)),
    ("/log-in", "log_in", account_entry.log_in, ("GET", "POST")),
    ("/log-out", "log_out", account_entry.log_out, ("POST",)),
    ("/organisations", "organisations", account_entry.organisations, ("GET", "POST")),
    ("/organisations/<uuid:tenant_id>/enter", "enter", account_entry.enter, ("POST",)),
    ("/forgot", "forgot", account_password.forgot, ("GET", "POST")),
    ("/reset/<token>", "reset", account_password.reset, ("GET", "POST")),
    ("/invitation/<token>", "invitation", account_invitation.invitation, ("GET", "POST")),
)
"""Path, endpoint, function, methods. The paths of mailed links are those of tenants/letters.py."""

for path, endpoint, view, methods in ROUTES:
    pages.add_url_rule(path, endpoint, view, methods=methods)
