"""Where leads come from: the closed list of channels a source belongs to.

Invariant: a code once in the list stays, because sources and reports refer to it; buyers see the channel, never the
agency's own name for the source.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Channel:
    """One way of winning leads, named in every language of the product."""

    code: str
    en: str
    uk: str
    pl: str
    ru: str

    def label(self, language: str) -> str:
        """Its name in a language; English for one we do not speak."""
        return {"uk": self.uk, "pl": self.pl, "ru": self.ru}.get(language, self.en)


_LIST = (
    Channel(
        "organic_search", "Organic search", "Органічний пошук", "Wyniki organiczne", "Органический поиск"
    ),
    Channel("paid_search", "Paid search", "Платний пошук", "Płatne wyniki", "Платный поиск"),
    Channel("social", "Social networks", "Соціальні мережі", "Media społecznościowe", "Социальные сети"),
    Channel("display", "Display advertising", "Медійна реклама", "Reklama graficzna", "Медийная реклама"),
    Channel("email", "E-mail", "E-mail", "E-mail", "E-mail"),
    Channel("webinar", "Webinar", "Вебінар", "Webinar", "Вебинар"),
    Channel("content", "E-book or content", "Е-книга чи контент", "E-book lub treści", "Е-книга или контент"),
    Channel("blog", "Blog", "Блог", "Blog", "Блог"),
    Channel("chat", "Chat", "Чат", "Czat", "Чат"),
    Channel("call_back", "Call-back request", "Замовлений дзвінок", "Prośba o telefon", "Заказанный звонок"),
    Channel("phone", "Phone", "Телефон", "Telefon", "Телефон"),
    Channel("messenger", "Messenger", "Месенджер", "Komunikator", "Мессенджер"),
    Channel("event", "Event or stand", "Подія чи стенд", "Wydarzenie lub stoisko", "Событие или стенд"),
    Channel("paper", "Paper questionnaire", "Паперова анкета", "Ankieta papierowa", "Бумажная анкета"),
    Channel("flyer", "Flyer", "Листівка", "Ulotka", "Листовка"),
    Channel("partner", "Partner", "Партнер", "Partner", "Партнёр"),
    Channel("word_of_mouth", "Word of mouth", "Рекомендації", "Polecenia", "Рекомендации"),
    Channel("cold_outreach", "Cold outreach", "Холодні контакти", "Zimny kontakt", "Холодные контакты"),
    Channel("key_account", "Key account", "Ключовий клієнт", "Klient kluczowy", "Ключевой клиент"),
    Channel("other", "Other", "Інше", "Inne", "Другое"),
)

CHANNELS: Mapping[str, Channel] = {channel.code: channel for channel in _LIST}
