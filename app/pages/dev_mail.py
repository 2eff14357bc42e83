"""The mails that the one-machine stack has caught, to read and click; they exist in demo and test mode only."""

from pathlib import Path

from flask import Blueprint, current_app, render_template

from app import mailcatcher
from app.config import Settings
from app.guard import allow_anyone
from tenants.errors import NotFound

pages = Blueprint("dev_mail", __name__, url_prefix="/dev/mail")

_WHY = "there are no real people's mails in demo and test mode, and elsewhere the page does not exist"


@pages.get("")
@allow_anyone(_WHY)
def index() -> str:
    """The last mails, newest first."""
    return render_template("dev/mails.html", mails=mailcatcher.caught(_home()))


@pages.get("/<mail_id>")
@allow_anyone(_WHY)
def mail(mail_id: str) -> str:
    """One mail as its reader sees it, with its links."""
    return render_template("dev/mail.html", mail=mailcatcher.read(_home(), mail_id))


def _home() -> Path:
    settings: Settings = current_app.config["FLOE"]
    if not settings.is_demo:
        raise NotFound
    return Path(settings.home)
