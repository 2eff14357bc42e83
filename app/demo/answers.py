"""What made-up people answer: a fitting value for every field of a vertical, in the words a file would hold."""

from datetime import date, timedelta
from random import Random

from app.demo.people import People, Person, book
from app.leads.fields import Field
from app.leads.verticals import Vertical


class Answers:
    """Answers of people to one vertical's questions."""

    def __init__(self, rng: Random, people: People) -> None:
        self._rng = rng
        self._people = people

    def row(self, vertical: Vertical, person: Person, country: str, today: date) -> list[str]:
        """One answer a field, in order; empty where the person skipped a question that may be skipped."""
        money = {"UA": "UAH", "PL": "PLN", "GB": "GBP"}[country]
        return [self._answer(one, person, country, money, today) for one in vertical.fields]

    def _answer(self, one: Field, person: Person, country: str, money: str, today: date) -> str:
        if not one.is_required and self._rng.random() < 0.15:
            return ""
        language = book()[country]["language"]
        if one.type == "choice":
            return self._rng.choice(one.choices).labels[str(language)]
        if one.type == "boolean":
            return self._rng.choice(("yes", "yes", "no"))
        if one.type in ("integer", "money"):
            return str(self._number(one, money))
        if one.type == "date":
            return self._day(one, today).isoformat()
        return self._words(one, person, country)

    def _number(self, one: Field, money: str) -> int:
        bounds = one.bands[money if one.type == "money" else ""]
        low, high = bounds[0], bounds[-1]
        drawn = int(low + (high - low) * self._rng.betavariate(1.4, 2.6))
        if one.type == "money":
            drawn = max(50, drawn // 50 * 50)
        return min(max(drawn, one.low or 0), one.high or drawn)

    def _day(self, one: Field, today: date) -> date:
        if one.is_past:
            return today - timedelta(days=self._rng.randint(19, 68) * 365 + self._rng.randint(0, 364))
        return today + timedelta(days=self._rng.randint(5, 120))

    def _words(self, one: Field, person: Person, country: str) -> str:
        if one.type == "country":
            return country
        if one.type == "url":
            return f"https://{self._people.company().lower().replace(' ', '-')}.example"
        if one.name == "company_name":
            return self._people.company()
        if one.name == "need":
            return str(self._rng.choice(book()["companies"]["needs"]))
        return person.comment if one.name == "comment" else ""
