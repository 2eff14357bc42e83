"""A tenant's settings and a person's own: who we are, who works here, our keys, what was done."""

from flask import Blueprint

from app.pages import settings_audit, settings_keys, settings_members, settings_organisation, settings_person

pages = Blueprint("settings", __name__, url_prefix="/settings")

ROUTES = (
    ("/organisation", "organisation", settings_organisation.organisation, "GET"),
    ("/organisation", "prefer", settings_organisation.prefer, "POST"),
    ("/organisation/facts", "state_facts", settings_organisation.state_facts, "POST"),
    ("/organisation/terms", "accept_terms", settings_organisation.accept_terms, "POST"),
    ("/members", "members", settings_members.members, "GET"),
    ("/members/invitations", "invite", settings_members.invite, "POST"),
    (
        "/members/invitations/<uuid:invitation_id>/revoke",
        "revoke_invitation",
        settings_members.revoke,
        "POST",
    ),
    ("/members/<uuid:user_id>/role", "change_role", settings_members.change_role, "POST"),
    ("/members/<uuid:user_id>/buying", "grant_buying", settings_members.grant_buying, "POST"),
    ("/members/<uuid:user_id>/remove", "remove_member", settings_members.remove, "POST"),
    ("/keys", "keys", settings_keys.keys, "GET"),
    ("/keys", "create_key", settings_keys.create, "POST"),
    ("/keys/<uuid:key_id>/limits", "limit_key", settings_keys.limit, "POST"),
    ("/keys/<uuid:key_id>/revoke", "revoke_key", settings_keys.revoke, "POST"),
    ("/audit", "audit_log", settings_audit.audit_log, "GET"),
    ("/person", "person", settings_person.person, "GET"),
    ("/person", "rename", settings_person.rename, "POST"),
    ("/person/password", "change_password", settings_person.change_password, "POST"),
    ("/person/sessions/<uuid:session_id>/revoke", "revoke_session", settings_person.revoke_session, "POST"),
)
"""Path, endpoint, function, method."""

for path, endpoint, view, method in ROUTES:
    pages.add_url_rule(path, endpoint, view, methods=(method,))
