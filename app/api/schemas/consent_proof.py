"""What proves that a person agreed, beside the text they saw."""

from app.api.schemas.fields import Asked, text


class ConsentProof(Asked):
    """Certificates kept by others, and where the person was; all of it is sealed with the lead."""

    trustedform_url = text(
        500, load_default="", metadata={"description": "Usable for 90 days after the consent."}
    )
    jornaya_id = text(100, load_default="", metadata={"description": "The LeadiD of the form."})
    ip = text(100, load_default="", metadata={"description": "The person's IP address."})
    ip_country = text(
        100, load_default="", metadata={"description": "The country your own table gives for it."}
    )
