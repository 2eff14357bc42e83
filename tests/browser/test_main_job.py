"""The main job, clicked from end to end in a real browser on real processes: a lead is published, bought, delivered,
converted and billed, and finance reads every cent of it down to the journal.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from app.market.prices import Price, set_price
from tenants import clock
from tenants.db import transaction
from tests.app.leads.uploads import Desk, csv_of, people
from tests.servers import Servers
from tests.stock import allow_actions, link_addressee
from tests.under_fire import receiver
from tests.under_fire.ground import LOCAL, Ground, free_port, ground, wait_until
from tests.world import PASSWORD, World, make_member

pytestmark = [pytest.mark.browser, pytest.mark.committed, pytest.mark.fire]

PATIENCE_MS = 60_000
PRICE = Price(
    shared_minor=2000, exclusive_minor=5000, reserved_minor=4000, call_minor=700, purchase_minor=9000
)


@dataclass
class Site:
    """Floe with everything beside it, and what the outside world heard."""

    ground: Ground
    world: World
    crm: Path
    crm_port: int
    mail: Path


@pytest.fixture
def site(
    servers: Servers, worker_number: int, tmp_path: Path, _connected: None, _no_door_by_accident: None
) -> Iterator[Site]:
    sandbox, smtp, crm_port = free_port(), free_port(), free_port()
    told = {
        "STRIPE_API_BASE": f"http://{LOCAL}:{sandbox}",
        "STRIPE_WEBHOOK_SECRET": "whsec_dGVzdHMgdGVzdHMgdGVzdHMgdGVzdHM=",
        "SMTP_HOST": LOCAL,
        "SMTP_PORT": str(smtp),
        "FLOE_HOME": str(tmp_path),
        "FLOE_ALLOW_LOOPBACK_DESTINATIONS": f"{LOCAL}:{crm_port}",
        "SANDBOX_PORT": str(sandbox),
        "SANDBOX_HOME": str(tmp_path / "stripe"),
    }
    crm = tmp_path / "crm"
    crm.mkdir()
    with ground(servers, worker_number, tmp_path, **told) as made:
        made.environment["FLOE_BASE_URL"] = made.address
        made.environment["WEBHOOK_URL"] = f"{made.address}/webhooks/stripe"
        made.start("sandbox", "billing.stripe.sandbox")
        made.start("mail", "app.mailcatcher")
        made.start("crm", "tests.under_fire.receiver", str(crm_port), str(crm))
        for queue in ("fast", "slow", "deliveries"):
            made.start(queue, "app.worker", queue)
        made.start("scheduler", "app.scheduler")
        made.start_web()
        yield Site(made, World(), crm, crm_port, tmp_path / "mail")
        for name in made.children:
            sys.stdout.write(f"== {name}\n{made.said(name)[-1500:]}\n")


def test_a_lead_is_published_bought_delivered_converted_and_billed(
    browser: Browser, site: Site, tmp_path: Path
) -> None:
    prepare(site.world)
    agency = enter(browser, site, site.world.acme.owner.email)
    publish(agency, site, tmp_path, "consumer", 3, start=1)
    publish(agency, site, tmp_path, "targeted", 1, start=50)
    company = enter(browser, site, site.world.bolt.owner.email)
    connect(company, site)
    top_up(company)
    buy(company, listing=0, way=0)
    buy(company, listing=1, way=-1)
    accept_reserved(company)
    assert wait_until(lambda: len(receiver.read(site.crm).done) == 3, 60), receiver.read(site.crm)
    assert receiver.read(site.crm).forged == 0
    assert wait_until(lambda: any(site.mail.glob("*.eml")), 30)
    download(company)
    report_call_and_confirm(company)
    claim_return(company)
    accept_return(agency)
    told = {"action.reported", "action.captured", "sale.returned"}
    assert wait_until(lambda: told <= set(receiver.read(site.crm).others), 30), receiver.read(site.crm).others
    read_the_books(enter(browser, site, make_member(site.world.floe.card, "finance").email))


def prepare(world: World) -> None:
    """What stands before the first click: three approved tenants, a source with its prices, an addressee's link."""
    now = clock.now()
    assert world.floe
    desk = Desk(world.acme)
    assert desk.consent_text_id
    with transaction(world.acme.id) as session:
        set_price(session, world.acme.owner, desk.source_id, "home_solar", PRICE, now)
    link_addressee(world.acme, world.bolt, now)
    allow_actions(world.acme, world.bolt, now)


def enter(browser: Browser, site: Site, email: str) -> Page:
    """Log in, in a browser of one's own."""
    context: BrowserContext = browser.new_context(
        base_url=site.ground.address, locale="en-GB", viewport={"width": 1440, "height": 900}
    )
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto("/log-in")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("button", name="Log out")).to_be_visible()
    return page


def publish(page: Page, site: Site, folder: Path, kind: str, count: int, *, start: int) -> None:
    """Upload, map, check, publish."""
    file = folder / f"{kind}.csv"
    file.write_bytes(csv_of(people(count, start)))
    page.goto("/uploads/new")
    page.locator("input[type=file]").set_input_files(file)
    page.locator("select[name=vertical]").select_option("home_solar")
    page.locator("select[name=source_id]").select_option(index=1)
    page.locator("select[name=lead_type]").select_option(kind)
    if kind == "targeted":
        page.locator("select[name=addressee_id]").select_option(index=1)
        page.locator("select[name=legal_basis]").select_option("requested_contact")
    else:
        page.locator("select[name=consent_text_id]").select_option(index=1)
    page.locator("main").get_by_role("button", name="Upload").click()
    page.get_by_role("link", name="Continue").click()
    page.get_by_role("button", name="Check all rows").click()
    page.wait_for_url(re.compile(r"/check$"))
    button = page.get_by_role("link", name="Price and consent").last
    see = page.get_by_role("link", name="See the result")
    see.or_(page.locator("a.btn-primary", has_text="Price and consent")).first.wait_for()
    if see.count():
        see.click()
    button.click()
    page.locator("button[form=offer]").click()
    page.get_by_role("button", name=re.compile(f"Publish {count} leads?")).click()
    expect(page.get_by_text(re.compile(f"{count} leads? (is|are) published."))).to_be_visible()


def connect(page: Page, site: Site) -> None:
    """A webhook to the company's CRM and a mail box; the CRM is told the secret that is shown once."""
    page.goto("/destinations/new")
    page.locator("input[name=name]").fill("CRM")
    page.locator("input[name=kind][value=webhook]").check()
    page.locator("input[name=address]").fill(f"http://{LOCAL}:{site.crm_port}/bolt")
    page.locator("main").get_by_role("button", name="Add").click()
    secret = re.search(r"whsec_[A-Za-z0-9+/=]+", page.locator(".reveal").inner_text())
    assert secret
    receiver.tell_secrets(site.crm, {"/bolt": secret[0]})
    page.goto("/destinations/new")
    page.locator("input[name=name]").fill("Inbox")
    page.locator("input[name=kind][value=email]").check()
    page.locator("input[name=address]").fill("leads@bolt.example.com")
    page.locator("main").get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", name="Inbox")).to_be_visible()


def top_up(page: Page) -> None:
    """Through the hosted checkout and back."""
    page.goto("/wallet")
    page.locator("input[name=amount]").fill("500.00")
    page.get_by_role("button", name="Go to payment").click()
    page.get_by_role("button", name="Pay").click()
    page.wait_for_url(re.compile("/wallet"))
    assert wait_until(lambda: _balance(page) == "500.00", 60), page.locator("main").inner_text()


def _balance(page: Page) -> str:
    page.goto("/wallet")
    found = re.search(r"[\d,]+\.\d\d", page.locator(".kpis").inner_text())
    return found[0] if found else ""


def buy(page: Page, *, listing: int, way: int) -> None:
    """One of the newest listings: the first way is shared, the last per action."""
    page.goto("/market")
    paths = page.locator("main a[href^='/market/']").evaluate_all(
        "links => links.map(l => l.getAttribute('href'))"
    )
    page.goto(list(dict.fromkeys(paths))[listing])
    buttons = page.get_by_role("button", name="Buy now")
    buttons.first.wait_for()
    buttons.nth(way if way >= 0 else buttons.count() - 1).click()
    expect(page.get_by_text("Yours now.").first).to_be_visible()


def accept_reserved(page: Page) -> None:
    """Buy what only this company can see."""
    page.goto("/reserved")
    page.get_by_role("button", name="Buy").first.click()
    expect(page.get_by_text("Yours now.").first).to_be_visible()


def download(page: Page) -> None:
    """The current view as a file, with the people in it."""
    page.goto("/leads/bought")
    href = page.locator("a[href*='/leads/bought/download/']").first.get_attribute("href")
    answer = page.request.get(str(href))
    assert answer.ok
    assert "380670000" in answer.text()


def _open(page: Page, path: str, *, which: int = 0) -> None:
    """Open a record that the page lists."""
    hrefs = page.locator(f"main a[href^='{path}']").evaluate_all(
        "links => links.map(l => l.getAttribute('href'))"
    )
    records = [href for href in dict.fromkeys(hrefs) if re.search(r"/[0-9a-f-]{36}$", href)]
    page.goto(records[which])


def report_call_and_confirm(page: Page) -> None:
    """A call of two minutes on the pay-per-action lead becomes an action; confirmed, it bills."""
    page.goto("/leads/bought?terms=ppa")
    _open(page, "/leads/bought/")
    page.locator("select[name=type]").select_option("call")
    page.locator("input[name=minutes]").fill("2")
    page.get_by_role("button", name="Record").click()
    page.goto("/actions")
    page.get_by_role("button", name="Confirm").click()
    page.goto("/actions?view=billed")
    expect(page.locator("main").get_by_role("link", name="Call")).to_be_visible()


def claim_return(page: Page) -> None:
    """The shared lead's number is wrong."""
    page.goto("/leads/bought?terms=ppl&state=active")
    _open(page, "/leads/bought/", which=-1)
    page.get_by_text("Claim a return until").click()
    page.locator("select[name=return_reason]").select_option("wrong_number")
    page.locator("textarea[name=return_note]").fill("It rings at a bakery.")
    page.get_by_role("button", name="Claim the return").click()
    expect(page.get_by_text("The agency answers within 48 hours").first).to_be_visible()


def accept_return(page: Page) -> None:
    """The agency gives the money back."""
    page.goto("/returns")
    _open(page, "/returns/")
    page.get_by_role("button", name="Accept, give the money back").click()
    expect(page.get_by_text("The money went back to the company").first).to_be_visible()


def read_the_books(page: Page) -> None:
    """Finance sees two leads and a call (20 + 40 + 7), one lead given back, 30 % of the rest, and opens each number
    down to the journal behind it."""
    page.goto("/finance")
    for kpi, value in {"Revenue": "67.00", "Our commission": "14.10", "Returns": "20.00"}.items():
        expect(_kpi(page, kpi)).to_contain_text(value)
    _kpi(page, "Revenue").get_by_role("link").click()
    for value in ("20.00", "40.00", "7.00"):
        expect(page.locator("main tbody")).to_contain_text(value)
    page.goto("/finance/revenue?model=ppa")
    _open(page, "/finance/journals/")
    expect(page.get_by_role("heading", name="Action billed")).to_be_visible()
    for account, value in {"Wallet, held": "7.00", "Agency share, due": "4.90", "Commission": "2.10"}.items():
        expect(page.locator("main tbody tr", has_text=account)).to_contain_text(value)
    expect(page.locator("main tfoot")).to_have_text(re.compile(r"7\.00.*7\.00", re.DOTALL))


def _kpi(page: Page, label: str) -> Locator:
    has_label = page.locator(".kpi-label", has_text=re.compile(f"^{label}"))
    return page.locator(".kpi").filter(has=has_label).locator(".kpi-value")
