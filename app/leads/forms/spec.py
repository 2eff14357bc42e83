"""What a form is: whom it asks what, in which order, on which legal basis, and what happens afterwards. Pure.

Invariant: a spec is always of one shape, whatever was stored or typed; whether it may be published is said by `demands`,
which names every fault at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from app.leads import legal_basis, verticals
from app.leads.countries import LANGUAGES, country_code
from app.leads.forms.questions import CHANNELS, questions
from app.leads.problems import Unreadable
from app.leads.targets import CONSUMER, TARGETED
from app.leads.verticals import Vertical
from tenants.errors import Invalid
from tenants.language import N_

LONGEST_TITLE, LONGEST_TEXT, LONGEST_URL = 120, 2_000, 500
MOST_STEPS, MOST_QUESTIONS, MOST_SITES = 8, 40, 20
_IN_A_HOST = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-:")
TEXTS = ("title", "intro", "thanks")


@dataclass(frozen=True, slots=True)
class FormSpec:
    """One form. `vertical` is `code@version`; `consents` and `texts` are by language."""

    vertical: str
    country: str
    steps: tuple[tuple[str, ...], ...]
    lead_type: str = CONSUMER
    languages: tuple[str, ...] = ("en",)
    legal_basis: str = legal_basis.CONSENT
    consents: Mapping[str, UUID] = field(default_factory=dict)
    addressee_id: UUID | None = None
    required: frozenset[str] = frozenset()
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    redirect_url: str = ""
    has_double_opt_in: bool = False
    is_offered: bool = True
    sites: tuple[str, ...] = ()

    @property
    def kind(self) -> Vertical:
        """The vertical it asks for."""
        return verticals.get(self.vertical)

    @property
    def asked(self) -> tuple[str, ...]:
        """Every question, in order."""
        return tuple(name for step in self.steps for name in step)

    def is_required(self, name: str) -> bool:
        """Whether the form does not go on without this answer."""
        return name in self.required or questions(self.kind)[name].is_locked

    def text(self, part: str, language: str) -> str:
        """A text of the form in a language, else in the first of its languages that has one."""
        said = (self.texts.get(one, {}).get(part, "") for one in (language, *self.languages))
        return next(filter(None, said), "")

    def consent(self, language: str) -> UUID | None:
        """The consent text shown to readers of a language, else that of the first language that has one."""
        return next(filter(None, map(self.consents.get, (language, *self.languages))), None)


def to_json(spec: FormSpec) -> dict[str, Any]:
    """As it is stored."""
    return {
        "vertical": spec.vertical,
        "country": spec.country,
        "steps": [list(step) for step in spec.steps],
        "lead_type": spec.lead_type,
        "languages": list(spec.languages),
        "legal_basis": spec.legal_basis,
        "consents": {language: str(one) for language, one in spec.consents.items()},
        "addressee_id": str(spec.addressee_id) if spec.addressee_id else None,
        "required": sorted(spec.required),
        "texts": {language: dict(texts) for language, texts in spec.texts.items()},
        "redirect_url": spec.redirect_url,
        "has_double_opt_in": spec.has_double_opt_in,
        "is_offered": spec.is_offered,
        "sites": list(spec.sites),
    }


def from_json(stored: Mapping[str, Any]) -> FormSpec:
    """As it was stored."""
    return FormSpec(
        **{
            **stored,
            "steps": tuple(tuple(step) for step in stored["steps"]),
            "languages": tuple(stored["languages"]),
            "consents": {language: UUID(one) for language, one in stored["consents"].items()},
            "addressee_id": UUID(stored["addressee_id"]) if stored["addressee_id"] else None,
            "required": frozenset(stored["required"]),
            "sites": tuple(stored["sites"]),
        }
    )


def demand_sound(spec: FormSpec) -> None:
    """What even a draft must keep. Raises `Invalid` that names each field."""
    asked, known = spec.asked, questions(spec.kind)
    texts = [(part, text) for said in spec.texts.values() for part, text in said.items()]
    rules = (
        ("steps", set(asked) <= known.keys() and len(set(asked)) == len(asked),
         N_("A question stands twice, or is none of this vertical.")),
        ("steps", len(spec.steps) <= MOST_STEPS and len(asked) <= MOST_QUESTIONS,
         N_("A form has at most 8 steps and 40 questions.")),
        ("required", spec.required <= set(asked), N_("Only a question that the form asks can be required.")),
        ("languages", bool(spec.languages) and set(spec.languages) <= set(LANGUAGES),
         N_("Choose at least one language.")),
        ("legal_basis", spec.legal_basis in legal_basis.BASES,
         N_("Choose the legal basis: consent, requested contact or legitimate interest.")),
        ("country", _is_country(spec.country), N_("Choose the country of these leads.")),
        ("lead_type", spec.lead_type in (CONSUMER, TARGETED), N_("A lead is either consumer or targeted.")),
        ("texts", all(len(text) <= _longest(part) for part, text in texts),
         N_("A title has at most 120 characters, a text at most 2,000.")),
        ("redirect_url", not spec.redirect_url or _is_https(spec.redirect_url),
         N_("Write a full address that begins with https://, or leave it empty.")),
        ("sites", len(spec.sites) <= MOST_SITES and all(map(_is_site, spec.sites)),
         N_("Write one site a line, such as https://www.example.com, at most 20.")),
    )  # fmt: skip
    _refuse({field: sentence for field, is_kept, sentence in reversed(rules) if not is_kept})


def demand_complete(spec: FormSpec) -> None:
    """What a form must have before people see it. Raises `Invalid` that names each field, or as `demand_sound`."""
    demand_sound(spec)
    faults: dict[str, str] = {}
    known, asked = questions(spec.kind), set(spec.asked)
    if any(one.is_locked and one.name not in asked for one in known.values()):
        faults["steps"] = N_("Ask everything that this vertical requires.")
    elif not any(name in asked and spec.is_required(name) for name in CHANNELS):
        faults["steps"] = N_("Ask for a phone or an e-mail, and require one of them.")
    elif spec.has_double_opt_in and not ("email" in asked and spec.is_required("email")):
        faults["steps"] = N_("A confirmation by mail needs a required e-mail.")
    if any(not spec.texts.get(language, {}).get("title") for language in spec.languages):
        faults["texts"] = N_("Give the form a title in each of its languages.")
    if spec.lead_type == TARGETED and spec.addressee_id is None:
        faults["addressee_id"] = N_("Choose the company that these people are asking.")
    is_due = spec.legal_basis == legal_basis.CONSENT or spec.kind.demands_consent
    if is_due and spec.consent(spec.languages[0]) is None:
        faults["consents"] = N_("Choose the consent text that the form shows.")
    _refuse(faults)


def _refuse(faults: dict[str, str]) -> None:
    if faults:
        raise Invalid(next(iter(faults.values())), fields=faults)


def _is_country(written: str) -> bool:
    try:
        return country_code(written) == written
    except Unreadable:
        return False


def _longest(part: str) -> int:
    return LONGEST_TITLE if part == "title" else LONGEST_TEXT


def _is_https(url: str) -> bool:
    parts = _parts(url)
    return bool(parts and parts.scheme == "https" and parts.hostname and not parts.username)


def _is_site(origin: str) -> bool:
    """A scheme and a host, as a content policy takes it: nothing that could end the directive."""
    parts = _parts(origin)
    if parts is None or parts.scheme not in ("https", "http") or not parts.hostname:
        return False
    return origin == f"{parts.scheme}://{parts.netloc}" and not set(parts.netloc) - _IN_A_HOST


def _parts(url: str) -> Any:
    if len(url) > LONGEST_URL or not url.isascii() or any(one.isspace() for one in url):
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts
