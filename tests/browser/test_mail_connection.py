"""An agency takes leads from its mail in a browser: an address, a rule, the test box, then mails by HTTP and by the pipe.

Every page on the way is open to everybody (axe, light and dark, wide and on a phone) and says nothing in the console.
"""

import subprocess
import sys

import pytest
import requests
from playwright.sync_api import Page, expect

from app.incoming import bodies
from app.incoming.process import process
from tenants import clock
from tenants.db import transaction
from tests.app.incoming.mails import mail
from tests.browser.test_incoming import agency, choose_facts, look, new_ground, page, site
from tests.source import PROJECT
from tests.under_fire.ground import Ground
from tests.world import Party

__all__ = ["agency", "new_ground", "page", "site"]
pytestmark = [pytest.mark.browser, pytest.mark.fire, pytest.mark.committed]

SAID = "Name: Olena Koval\nPlease call me on {phone} after six.\n"
SENTENCE = "call me on {value} after"


def work_off() -> None:
    for tenant_id, body_id in bodies.due(clock.now()):
        process(tenant_id, body_id)


def by_http(address: str, raw: bytes) -> None:
    answer = requests.post(address, data=raw, headers={"Content-Type": "message/rfc822"}, timeout=60)
    assert answer.status_code == 200, answer.text


def by_pipe(site: Ground, token: str, raw: bytes) -> None:
    command = (sys.executable, "-m", "flask", "--app", "wsgi", "receive-mail", token)
    done = subprocess.run(
        command, input=raw, env=site.environment, cwd=PROJECT, check=False, capture_output=True
    )
    assert (done.returncode, done.stdout) == (0, b""), done.stderr


def target_of(page: Page, place: str, target: str) -> None:
    row = page.locator("tr", has=page.locator(f"input[value='{place}']"))
    row.locator("select").select_option(target)


def results(agency: Party) -> list[tuple[str | None, dict[str, int] | None]]:
    with transaction(agency.id) as session:
        (connection_id,) = bodies.tallies(session, agency.id)
        return [(one.result, one.counts) for one in bodies.listed(session, agency.id, connection_id)]


def make(page: Page) -> str:
    """A mail connection, made by the form; its secret address."""
    page.goto("/connections/new")
    page.fill("[name=name]", "Inbox of leads")
    page.check("[name=kind][value=mail]")
    choose_facts(page)
    page.locator("[name=source_id]").select_option(index=1)
    page.click("form[method=post]:has([name=legal_basis]) button[type=submit]")
    shown = page.locator(".reveal code").inner_text()
    look(page, "mail-made")
    return page.url.split("/connections")[0] + shown[shown.index("/in/") :]


def write_rules(page: Page) -> None:
    """A sentence of one's own and fixed values, tried on a pasted mail, then kept."""
    page.goto("/connections")
    page.click("main td a.strong")
    page.click("a[href$='/rules'], a[href$='/mapping']")
    look(page, "mail-rules-empty")
    page.fill("[name=sample]", SAID.format(phone="+380671112233"))
    page.locator("[name=do][value=try]").first.click()
    target_of(page, "label.Name", "contact_1_name")
    page.locator("[name=own_kind]").first.select_option("sentence")
    page.locator("[name=own_name]").first.fill(SENTENCE)
    page.locator("[name=own_target]").first.select_option("contact_1_phone")
    for number, (field, value) in enumerate((("property_type", "detached"), ("is_owner", "yes"))):
        page.locator("[name=fixed_target]").nth(number).select_option(field)
        page.locator("[name=fixed_value]").nth(number).fill(value)
    page.locator("[name=do][value=try]").first.click()
    expect(page.locator("#result .status-ok")).to_be_visible()
    expect(page.locator("#result")).to_contain_text("+380671112233")
    look(page, "mail-rules-tried", is_answer=True)
    page.locator("[name=do][value=save]").click()
    expect(page.locator(".note-ok")).to_be_visible()


def test_mails_become_leads(page: Page, site: Ground, agency: Party) -> None:
    address = make(page)
    write_rules(page)
    by_http(address, mail(SAID.format(phone="+380671112233")))
    by_pipe(site, address.split("/in/")[1].removesuffix("/mail"), mail(SAID.format(phone="+380671112244")))
    by_http(address, mail(SAID.format(phone="12")))
    work_off()
    assert results(agency) == [("rejected", None), ("accepted", None), ("accepted", None)]
    page.goto("/connections")
    look(page, "mail-connections")
    page.click("main td a.strong")
    expect(page.locator("tbody .status-ok")).to_have_count(2)
    expect(page.locator("tbody tr", has=page.locator(".status-bad"))).to_contain_text(": ")
    look(page, "mail-received")
    page.locator("tbody tr", has=page.locator(".status-bad")).locator("a[href*='/bodies/']").click()
    expect(page.locator("pre")).to_contain_text("call me on 12 after six")
    look(page, "mail-refused")
    page.go_back()
    page.locator("tbody tr", has=page.locator(".status-ok")).first.locator("a[href*='/leads/']").click()
    expect(page.locator("h1")).to_be_visible()
    assert "/leads/" in page.url
