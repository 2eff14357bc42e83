"""Sentences of refusals in the reader's language: rules speak English, the edge translates what the catalogue knows."""

from flask_babel import gettext

from tenants.errors import Refused


def sentence(refused: Refused) -> str:
    """The refusal's message, translated; details fill the named placeholders."""
    translated = str(gettext(refused.message))
    try:
        return translated % refused.details if "%(" in translated else translated
    except (KeyError, ValueError, TypeError):
        return translated
