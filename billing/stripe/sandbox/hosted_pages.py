"""The pages a paying person sees: card picker, 3-D Secure, and a sentence when there is nothing to pay.

Invariants: they work without scripts; nothing from outside is loaded; every page says that no real money moves. The
session's id is the visitor's only ticket.
"""

from functools import lru_cache
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import urlsplit

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from billing.stripe.sandbox import payments
from billing.stripe.sandbox.act import Act, Caller
from billing.stripe.sandbox.clockwork import Clockwork
from billing.stripe.sandbox.store import Json

_PAGES = Path(__file__).parent / "pages"
_SENTENCES = {
    "paid": ("Already paid", "This payment is complete. Nothing more will be taken."),
    "expired": (
        "This page has expired",
        "The time to pay is over and nothing was taken. Please start again.",
    ),
    "missing": ("No such payment", "This address leads to no payment. Please start again."),
}


class HostedPages:
    """Everything under /c/."""

    def __init__(self, clockwork: Clockwork) -> None:
        self._clockwork = clockwork

    def __call__(self, request: Request) -> Response:
        if request.path == "/c/checkout.css":
            return Response(_file("checkout.css"), mimetype="text/css", headers={"Cache-Control": "no-cache"})
        _, _, area, session_id, *rest = [*request.path.split("/"), "", ""]
        page = "/".join(part for part in rest if part)
        with self._clockwork.store.transaction() as records:
            account = records.owner_of(session_id) if area == "pay" and page in ("", "3ds") else None
        if (
            account is None
            or not session_id.startswith("cs_")
            or request.method not in ("GET", "HEAD", "POST")
        ):
            return _sentence("missing", 404)
        with self._clockwork.act(Caller(account), request.host_url) as act:
            session = act.load("checkout.session", session_id)
            if request.method == "POST":
                return _answer_post(act, session, request, page)
            return _show(act, session, page)


def _show(act: Act, session: Json, page: str) -> Response:
    state = payments.state_of(act, session)
    if state in ("paid", "expired"):
        return _sentence(state, 200, session)
    if page == "3ds":
        return _challenge_page(session) if state == "challenge" else _to_page(session)
    return _card_page(act, session)


def _answer_post(act: Act, session: Json, request: Request, page: str) -> Response:
    if page == "3ds":
        state = payments.answer_challenge(act, session, request.form.get("verdict") == "complete")
    else:
        card = payments.CARDS.get(request.form.get("card", ""))
        if card is None:
            return _to_page(session)
        state = payments.attempt(act, session, card)
    if state == "paid":
        return redirect(return_address(session), 303, Response)
    return _to_page(session, "/3ds" if state == "challenge" else "")


def return_address(session: Json) -> str:
    """Where the payer goes after paying, with the session's id filled in."""
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])


def _to_page(session: Json, page: str = "") -> Response:
    return redirect(f"/c/pay/{session['id']}{page}", 303, Response)


def _card_page(act: Act, session: Json) -> Response:
    told = payments.last_error(act, session)
    cancel = session["cancel_url"]
    cards = "".join(
        _template("card.html").substitute(
            number=card.number,
            grouped=" ".join(card.number[start : start + 4] for start in range(0, 16, 4)),
            label=escape(card.label),
            checked="checked" if index == 0 else "",
        )
        for index, card in enumerate(payments.CARDS.values())
    )
    return _page(
        session,
        "checkout.html",
        cards=cards,
        notice=f'<p class="notice" role="alert">{escape(told)} Please try another card.</p>' if told else "",
        cancel=f'<a class="quiet" href="{escape(cancel)}">Cancel and go back</a>' if cancel else "",
    )


def _challenge_page(session: Json) -> Response:
    return _page(session, "challenge.html")


def _page(session: Json, template: str, **parts: str) -> Response:
    line = session["_line_items"][0]
    html = _template(template).substitute(
        parts,
        action=escape(f"/c/pay/{session['id']}{'/3ds' if template == 'challenge.html' else ''}"),
        amount=_amount(session),
        what=escape(line["description"]),
    )
    return _html(html, 200, session)


def _sentence(state: str, status: int, session: Json | None = None) -> Response:
    title, text = _SENTENCES[state]
    back = return_address(session) if session and state == "paid" else (session or {}).get("cancel_url")
    link = f'<p><a class="button" href="{escape(back)}">Go back to the shop</a></p>' if back else ""
    return _html(_template("sentence.html").substitute(title=title, text=text, link=link), status, session)


def _amount(session: Json) -> str:
    whole, cents = divmod(session["amount_total"], 100)
    return f"{whole:,}.{cents:02d} {session['currency'].upper()}"


def _html(body: str, status: int, session: Json | None) -> Response:
    html = _template("frame.html").substitute(body=body)
    # A browser checks form-action also on the redirect after the form, so the way back has to be named.
    addresses = [urlsplit(session[name] or "") for name in ("success_url", "cancel_url")] if session else []
    ways_back = " ".join(sorted({f"{one.scheme}://{one.netloc}" for one in addresses if one.netloc}))
    policy = (
        "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action 'self' {ways_back}"
    )
    headers = {
        "Content-Security-Policy": policy.strip(),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }
    return Response(html, status, headers, mimetype="text/html")


@lru_cache(maxsize=16)
def _file(name: str) -> str:
    return (_PAGES / name).read_text(encoding="utf-8")


def _template(name: str) -> Template:
    return Template(_file(name))
