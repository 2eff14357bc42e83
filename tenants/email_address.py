"""One normal form for the e-mail address of a user: the same mailbox is the same account. Pure."""

import unicodedata

from email_validator import EmailNotValidError, validate_email

from tenants.errors import Invalid
from tenants.language import N_

NOT_VALID = N_("This is not a valid e-mail address.")


def read_email(typed: str) -> tuple[str, str]:
    """The address as its owner writes it, and its normal form (lower case, international domain in ASCII).

    Raises `Invalid` (field `email`). Whether the mailbox exists only a mail can tell.
    """
    try:
        # the test environment only adds the domains under .test, which the demo uses
        found = validate_email(
            unicodedata.normalize("NFKC", typed.strip()), check_deliverability=False, test_environment=True
        )
    except EmailNotValidError as error:
        raise Invalid(NOT_VALID, fields={"email": NOT_VALID}) from error
    return found.normalized, f"{found.local_part}@{found.ascii_domain}".lower()
