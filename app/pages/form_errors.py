"""What a refusal says about the fields of a form, in the reader's language."""

from flask_babel import gettext

from app.wording import sentence
from tenants.errors import Refused


def form_errors(refused: Refused) -> dict[str, str]:
    """Field name → sentence; a refusal that names no field stands under `form`."""
    fields = refused.details.get("fields")
    if not fields:
        return {"form": sentence(refused)}
    return {name: gettext(words) for name, words in fields.items()}
