"""What the walk through all routes has to be told: whose a route is, which thing an id names, what a form holds.

A route that is not described falls under the defaults; one that the defaults do not fit fails the walk until it is
described here. `Word` → a name that is no id, with the reason.
"""

from typing import Any

from tests.app.leads.uploads import TARGETS
from tests.routes import connecting, form_building, typing_in
from tests.routes.by_key import BY_ITS_KEY

OWNERS: dict[str, tuple[str, ...]] = {
    "agency": (
        "/sales", "/statement", "/returns/<uuid:claim_id>/decide", "/uploads", "/quarantine", "/api/v1/quarantine",
        "/sources", "/connections", "/addressees", "/consents", "/forms", "/leads/quick", "/rechecks", "/api/v1/rechecks",
        "/leads/<uuid:lead_id>", "GET /leads", "POST /leads/withdraw", "/api/v1/sales",
        "/scoring", "/api/v1/sources", "/api/v1/prices", "/api/v1/ppa-companies", "/api/v1/consent-texts", "/api/v1/addressees",
        "/api/v1/leads", "/api/v1/batches", "/api/v1/uploads", "/api/v1/connections", "/api/v1/forms", "POST /api/v1/actions", "/api/v1/returns/<uuid:return_id>/decision",
    ),
    "operator": ("/finance", "/decisions", "/operator", "/api/v1/books", "/api/v1/payouts", "/api/v1/payout"),
}  # fmt: skip
"""Prefixes of routes, with or without their method; everything else is tried as the company."""

ALL_OF_IT = ("POST /api/v1/actions", "GET /leads", "POST /leads/withdraw")
"""Prefixes above that mean this route only."""

ARGUMENTS = {
    "action_id": "action", "addressee_id": "addressee", "agency_id": "agency", "batch_id": "batch", "body_id": "body",
    "claim_id": "claim", "company_id": "company", "connection_id": "connection", "consent_text_id": "consent_text",
    "corrects_id": "outcome", "delivery_id": "delivery", "destination_id": "destination", "entry_id": "quick_entry", "form_id": "form",
    "invitation_id": "invitation", "items[].lead_id": "listing", "list_id": "suppression_list", "list_upload_id": "list_upload", "member": "member",
    "quarantined_id": "quarantined", "journal_id": "journal", "key": "order_key", "key_id": "key", "lead_id": "lead",
    "link_id": "link", "order_id": "order",
    "purchase_id": "purchase", "recheck_id": "recheck", "return_id": "claim", "sale_id": "purchase", "session_id": "session", "source_id": "source",
    "tenant_id": "company", "threshold_id": "threshold", "top_up_id": "top_up", "upload_id": "upload", "user_id": "member",
}  # fmt: skip
"""Name of an id → the thing of the cast it names, where `THINGS` says nothing else."""

WORDS = {
    "code": "a vertical, the same for all",
    "decision": "one of two words",
    "filename": "a file of the product",
    "kind": "a kind of file",
    "mail_id": "the mailbox of the demo, which holds everybody's mail",
    "measure": "a figure of the report",
    "number": "a column of the upload",
    "slug": "a page open to everybody, by an address that is random",
    "token": "a secret: whoever holds it was sent it",
}
"""Path arguments that name nothing of a tenant's."""

THINGS: dict[str, dict[str, str]] = {
    "/api/v1/listings/<uuid:lead_id>": {"lead_id": "listing"},
    "/market/<uuid:lead_id>": {"lead_id": "listing"},
    "/api/v1/reserved-leads/<uuid:lead_id>/decline": {"lead_id": "reserved"},
    "/reserved/<uuid:lead_id>/decline": {"lead_id": "reserved"},
    "/api/v1/actions/<uuid:action_id>/refuse": {"action_id": "claimed"},
    "/actions/<uuid:action_id>/refuse": {"action_id": "claimed"},
    "/decisions/disputes/<uuid:action_id>": {"action_id": "disputed"},
    "/decisions/appeals/<uuid:claim_id>": {"claim_id": "appealed"},
    "/returns/<uuid:claim_id>/appeal": {"claim_id": "refused"},
    "/api/v1/returns/<uuid:return_id>/appeal": {"return_id": "refused"},
    "POST /api/v1/actions": {"sale_id": "ppa_sale"},
    "/sales/<uuid:sale_id>/claim": {"sale_id": "ppa_sale"},
    "GET /api/v1/journals": {"source_id": "purchase"},
    "GET /api/v1/books/journals": {"source_id": "purchase"},
    "/api/v1/batches/<uuid:batch_id>/check": {"batch_id": "mapped"},
    "/api/v1/batches/<uuid:batch_id>/publish": {"batch_id": "checked"},
    "/api/v1/batches/<uuid:batch_id>/rejects": {"batch_id": "checked"},
    "/api/v1/batches/<uuid:batch_id>/undo": {"batch_id": "published"},
    "/api/v1/batches/<uuid:batch_id>/pause": {"batch_id": "published"},
    "/api/v1/batches/<uuid:batch_id>/resume": {"batch_id": "published"},
    "/api/v1/batches/<uuid:batch_id>/stage": {"batch_id": "checked"},
    "/api/v1/batches/<uuid:batch_id>/terms": {"batch_id": "checked"},
    "/api/v1/batches/<uuid:batch_id>/corrections": {"batch_id": "checked"},
    "/uploads/<uuid:batch_id>/publish": {"batch_id": "checked"},
    "/uploads/<uuid:batch_id>/rejects.csv": {"batch_id": "checked"},
    "/uploads/<uuid:batch_id>/undo": {"batch_id": "published"},
    "/uploads/<uuid:batch_id>/pause": {"batch_id": "published"},
    "/uploads/<uuid:batch_id>/resume": {"batch_id": "published"},
    "/uploads/<uuid:batch_id>/offer": {"batch_id": "checked"},
    "GET /api/v1/leads": {"addressee_id": "linked", "batch_id": "published"},
    "POST /api/v1/leads": {"addressee_id": "linked"},
    "POST /api/v1/leads/bulk": {"addressee_id": "linked"},
    "POST /api/v1/batches": {"addressee_id": "linked"},
    **connecting.THINGS,
    **form_building.THINGS,
    "/operator/addressees/<uuid:agency_id>/<uuid:addressee_id>/<any(confirm, refuse):decision>": {"addressee_id": "addressee"},
    "/quarantine/<uuid:quarantined_id>/owner": {"member": "clerk"},
    "POST /api/v1/rechecks": {"batch_id": "published"},
    "/rechecks/<uuid:recheck_id>/cancel": {"recheck_id": "rechecking"},
    "/api/v1/rechecks/<uuid:recheck_id>/cancel": {"recheck_id": "rechecking"},
}  # fmt: skip

FOREIGN = {
    ("/api/v1/listings/<uuid:lead_id>", "lead_id"): "reserved",
    ("/market/<uuid:lead_id>", "lead_id"): "reserved",
    ("/api/v1/purchases", "items[].lead_id"): "reserved",
    ("/basket", "ids"): "reserved",
    ("/basket/remove", "ids"): "reserved",
    ("/basket/buy", "item"): "reserved",
}
"""Where one's own thing is public, the stranger asks for a targeted lead instead."""

OPEN = {
    ("GET", "/api/v1/listings", "query", "agency_id"): "the market shows every agency's listings",
    ("GET", "/market", "query", "agency"): "the market shows every agency's listings",
}
"""Slots that lead to everybody's things on purpose."""

ALONE = {
    ("POST", "/uploads/<uuid:batch_id>/corrected", "path", "batch_id"):
        "needs the upload's own file of rejects: tests/app/pages/test_upload_steps.py",
    ("POST", "/api/v1/batches/<uuid:batch_id>/corrections", "path", "batch_id"):
        "needs the upload's own file of rejects: tests/app/api/test_importer.py",
    ("POST", "/operator/addressees/<uuid:agency_id>/<uuid:addressee_id>/<any(confirm, refuse):decision>", "path",
     "agency_id"): "needs a company that has accepted first: tests/app/pages/test_operator.py",
    ("POST", "/operator/addressees/<uuid:agency_id>/<uuid:addressee_id>/<any(confirm, refuse):decision>", "path",
     "addressee_id"): "needs a company that has accepted first: tests/app/pages/test_operator.py",
    ("PATCH", "/uploads/slices/<uuid:upload_id>", "path", "upload_id"): "takes bytes: tests/app/pages/test_slices.py",
    **dict.fromkeys(BY_ITS_KEY, "only the key that began it reaches it: tests/app/api/test_uploads.py"),
    ("POST", "/basket/buy", "form", "key"): "a key used for another order is refused: tests/app/market/test_purchase.py",
    ("POST", "/operator/organisations/<uuid:tenant_id>/approve", "path", "tenant_id"): "is approved already",
    ("POST", "/organisations/<uuid:tenant_id>/enter", "path", "tenant_id"): "the stranger belongs to one organisation",
}  # fmt: skip
"""Slots without a positive control here, and why."""

_FACT_IDS = {
    "form:source_id": "source",
    "form:consent_text_id": "consent_text",
    "form:addressee_id": "linked",
}

PAGES: dict[str, dict[str, str]] = {
    "GET /leads/bought": {"query:agency": "agency", "query:order": "order", "query:after": "purchase"},
    "GET /leads/bought/download/<kind>": {"query:agency": "agency", "query:order": "order"},
    "POST /leads/bought/outcomes": {"form:ids": "purchase"},
    "POST /basket": {"form:ids": "listing"},
    "POST /basket/remove": {"form:ids": "listing"},
    "POST /basket/buy": {"form:item": "listing", "form:key": "order_key"},
    "GET /market": {"query:agency": "agency"},
    "GET /sales": {"query:after": "purchase"},
    "GET /actions": {"query:after": "action"},
    "GET /returns": {"query:after": "claim"},
    "GET /reserved": {"query:after": "reserved"},
    "GET /wallet": {"query:source": "purchase"},
    "GET /statement": {"query:source": "purchase"},
    "GET /settings/audit": {"query:subject": "key"},
    "GET /finance/journals": {"query:tenant": "company", "query:source": "purchase"},
    "GET /finance/payouts": {"query:agency": "agency"},
    "GET /finance/revenue": {"query:agency": "agency", "query:company": "company"},
    "POST /finance/payouts": {"form:agency": "agency"},
    "GET /leads": {"query:source": "source", "query:batch": "published", "query:after": "lead",
                   "query:before": "lead", "query:recheck": "recheck"},
    "GET /rechecks": {"query:after": "recheck"},
    "POST /rechecks": {"form:batch_id": "published", "form:source_id": "source"},
    "POST /leads/withdraw": {"form:ids": "lead"},
    "GET /uploads": {"query:after": "batch"},
    "GET /quarantine": {"query:owner": "clerk", "query:after": "quarantined"},
    "POST /quarantine/selected": {"form:ids": "quarantined"},
    "POST /quarantine/<uuid:quarantined_id>/owner": {"form:member": "clerk"},
    "POST /uploads/new": _FACT_IDS,
    "POST /sources/prices": {"form:source_id": "source"},
    "POST /sources/<uuid:source_id>/instructions": {
        "form:consent_text_id": "consent_text",
        "form:addressee_id": "linked",
    },
    "GET /scoring/<code>": {"query:lead": "lead"},
    "POST /score-alerts": {"form:members": "member"},
    "POST /forms/new": {"form:source_id": "source"},
    "POST /forms/<uuid:form_id>/edit": {"form:source_id": "source", "form:addressee_id": "linked"},
    **typing_in.PAGES,
    **connecting.PAGES,
}  # fmt: skip
"""Ids in the addresses and forms of pages."""

LOOKS_LIKE_AN_ID = {
    "agency", "after", "company", "ids", "item", "key", "order", "source", "subject", "tenant", "user",
}  # fmt: skip
"""Names of a page's address or form that must stand in `PAGES` or in `NOT_HERE`."""

NOT_HERE = {
    "POST /settings/keys form:source_id": "chosen from the list; a foreign one is refused: tests/app/pages/test_key_limits.py",
    "after": "a place in the reader's own list; tried where it is a plain id",
    "key": "chosen by whoever sends the form: it names nothing until they use it",
    "POST /uploads/new form:upload_id": "comes instead of a file: tests/app/pages/test_slices.py",
    "person": "who did it, within the organisation",
    "entry_id": "made up by the form that is sent: it names nothing before",
    "POST /uploads/<uuid:batch_id>/columns form:same-sub_id": "a slice of the agency's own traffic, in its own words",
    "POST /leads/quick form:sub_id": "a slice of the agency's own traffic, in its own words",
    "POST /sources/ppa form:company": "the short name a company told its agency",
}

WITH_FILE = {
    "POST /api/v1/batches", "POST /api/v1/batches/<uuid:batch_id>/corrections", "POST /uploads/new",
    "POST /api/v1/suppression-lists/<uuid:list_id>/file",
}  # fmt: skip
"""Forms that bring a file of leads."""

_FACTS = {
    "vertical": "home_solar",
    "lead_type": "consumer",
    "country": "UA",
    "legal_basis": "consent",
    "consent_text_id": "{consent_text}",
}

FORMS: dict[str, dict[str, Any]] = {
    "POST /actions/<uuid:action_id>/withdraw": {"reason": "by mistake"},
    "POST /actions/<uuid:action_id>/refuse": {"reason": "we never spoke"},
    "POST /returns/<uuid:claim_id>/appeal": {"appeal": "the recording shows it"},
    "POST /returns/<uuid:claim_id>/decide": {"do": "accept", "answer": "right"},
    "POST /decisions/appeals/<uuid:claim_id>": {"do": "yes", "answer": "it is so"},
    "POST /decisions/disputes/<uuid:action_id>": {"do": "yes", "answer": "it is so"},
    "POST /destinations/<uuid:destination_id>": {"do": "disable"},
    "POST /leads/bought/<uuid:purchase_id>/outcome": {"type": "contacted", "at": "{local}"},
    "POST /leads/bought/<uuid:purchase_id>/return": {
        "return_reason": "wrong_number",
        "return_note": "a bakery",
    },
    "POST /leads/bought/outcomes": {"do": "contacted"},
    "POST /sales/<uuid:sale_id>/claim": {"type": "call", "happened_at": "{local}", "evidence": "Recording 1"},
    "POST /settings/members/<uuid:user_id>/role": {"role": "viewer"},
    "POST /settings/members/<uuid:user_id>/buying": {"may_buy": "1"},
    "POST /operator/organisations/<uuid:tenant_id>/suspend": {"typed": "{slug}", "reason": "fraud"},
    "POST /sources/<uuid:source_id>": {"name": "Search", "channel": "paid_search", "public_label": "Search"},
    "POST /sources/<uuid:source_id>/spend": {"month": "2026-10", "amount": "1.00"},
    "POST /leads/<uuid:lead_id>/withdraw": {"reason": "mistake"},
    "POST /leads/withdraw": {"reason": "mistake"},
    "POST /uploads/new": {**_FACTS, "source_id": "{source}"},
    "POST /quarantine/selected": {"do": "mine"},
    "POST /suppression/<uuid:list_id>/add": {"entries": "+380671234567"},
    "POST /suppression/<uuid:list_id>/remove": {"entry": "+380671234567"},
    "POST /sources/prices": {"vertical": "home_solar", "shared_minor": "20.00"},
    "POST /uploads/<uuid:batch_id>/offer": {
        "shared_minor": "20.00",
        "legal_basis": "consent",
        "consent_text_id": "{consent_text}",
        "max_sales": "3",
    },
    "POST /sources/<uuid:source_id>/instructions": _FACTS,
    "POST /consents/<uuid:consent_text_id>/new": {
        "language": "en",
        "body": "I agree.",
        "recipients": "Installers",
        "max_recipients": "3",
    },
    "POST /uploads/<uuid:batch_id>/columns": {
        f"column-{number}": target for number, target in enumerate(TARGETS)
    },
    "POST /finance/payouts": {"amount": "0.01", "bank_reference": "bank 7", "paid_on": "{today}"},
    **form_building.FORMS,
    **connecting.FORMS,
    "POST /basket": {"way": "shared"},
    "POST /score-alerts": {"at_least": "80"},
    "POST /score-alerts/<uuid:threshold_id>": {"do": "off"},
    "POST /basket/buy": {"key": "a new key"},
    **typing_in.FORMS,
}
"""What a form holds beside the ids."""

_TARGETED = {"type": "targeted", "legal_basis": "requested_contact", "consent_text_id": None}
_TARGETED_FORM = {"lead_type": "targeted", "legal_basis": "requested_contact", "consent_text_id": None}

BODIES: dict[str, dict[str, Any]] = {
    "POST /api/v1/batches": {
        "vertical": "home_solar", "type": "consumer", "country": "UA", "legal_basis": "consent",
        "source_id": "{source}", "consent_text_id": "{consent_text}",
    },
    **typing_in.BODIES,
    **connecting.BODIES,
    **form_building.BODIES,
    "POST /sources/<uuid:source_id>/instructions addressee_id": _TARGETED_FORM,
    "POST /uploads/new addressee_id": _TARGETED_FORM,
    "POST /api/v1/rechecks": {"vertical": None},
    "POST /api/v1/batches addressee_id": _TARGETED,
    "POST /api/v1/leads addressee_id": _TARGETED,
    "POST /api/v1/leads/bulk addressee_id": _TARGETED,
    "POST /api/v1/outcomes corrects_id": {"purchase_id": "{told}", "type": "contacted", "seconds": None},
    "POST /api/v1/outcomes": {"seconds": None, "type": "contacted"},
    "POST /api/v1/payouts": {"amount_minor": 1, "bank_reference": "bank 8"},
    "PUT /api/v1/batches/<uuid:batch_id>/layout": {"encoding": None, "delimiter": None, "header_row": 1},
    "PUT /api/v1/batches/<uuid:batch_id>/terms": {
        "legal_basis": "consent", "consent_text_id": "{consent_text}", "max_sales": 3},
    "PUT /api/v1/batches/<uuid:batch_id>/mapping": {
        "columns": [{"column": number, "target": target} for number, target in enumerate(TARGETS)]},
}  # fmt: skip
"""What differs from the example in the document, for a route or for one of its slots; None leaves a key out."""
