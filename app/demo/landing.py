"""A landing page of the demo: a hosted form with two weeks of visitors, some of whom asked to be contacted."""

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from app.demo.cast import Player
from app.leads import consents, sources
from app.leads.forms import counting, forms, published
from app.leads.forms.forms import NewForm
from app.leads.forms.origin import Visitor
from app.market import form_leads
from app.market.form_leads import Page
from tenants import clock
from tenants.db import transaction

SEED = 20_261_122
DAYS = 14
_TEXTS = {
    "en": {"title": "Solar for your home", "intro": "Three answers, and installers near you make an offer."},
    "uk": {
        "title": "Сонячна станція для дому",
        "intro": "Три відповіді, і монтажники поруч зроблять пропозицію.",
    },
}
_CAME = {"utm_source": "google", "utm_medium": "cpc", "utm_campaign": "solar-autumn", "gclid": "Cj0KCQ"}
_PEOPLE = ("Oksana Hnatiuk", "Roman Dyachenko", "Svitlana Moroz", "Yurii Bilous", "Halyna Savchenko")


def open_page(player: Player, present: datetime) -> None:
    """Publish the form, and let people come to it until now."""
    with clock.at(present - timedelta(days=DAYS)), transaction(player.id) as session:
        source_id = sources.listed(session, player.id)[0].id
        consent = consents.listed(session, player.id)[0]
        wanted = NewForm("Landing page, solar", source_id, "home_solar", "UA", "en")
        form_id = forms.create(session, player.owner, wanted)
        spec = replace(
            forms.get(session, player.id, form_id).spec,
            languages=("en", "uk"),
            consents={"en": consent.id},
            texts=_TEXTS,
            is_offered=False,
        )
        forms.save(session, player.owner, form_id, wanted.name, source_id, spec)
        forms.publish(session, player.owner, form_id)
        slug = forms.get(session, player.id, form_id).slug
    form, rng = published.find(slug), Random(SEED)  # noqa: S311 (a demo that looks the same every time)
    for day in range(DAYS):
        moment = present - timedelta(days=DAYS - 1 - day, minutes=rng.randrange(5, 60))
        on = counting.local_day(moment, form.agency.time_zone)
        with transaction(player.id) as session:
            for _ in range(rng.randrange(9, 30)):
                counting.count(session, player.id, form_id, counting.VISIT, on)
            for _ in range(rng.randrange(3, 9)):
                counting.count(session, player.id, form_id, counting.START, on)
        if day % 3 == 2:
            _ask(form, _PEOPLE[day // 3], moment, day)


def _ask(form: published.LiveForm, name: str, moment: datetime, number: int) -> None:
    """One person fills the form in, as people do."""
    who = Visitor(f"203.0.113.{number + 1}", "Mozilla/5.0 (Android)")
    answers = {
        "property_type": "detached", "is_owner": "yes", "name": name, "phone": f"06712340{number:02}", "agreed": "1",
    }  # fmt: skip
    with clock.at(moment):
        page: object = form_leads.visit(form, "en", _CAME, who)
    with clock.at(moment + timedelta(seconds=70)):
        for _ in form.spec.steps:
            if isinstance(page, Page):
                page = form_leads.answer(form, "en", {**answers, "carried": page.carried}, who)
