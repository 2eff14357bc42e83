"""Floe's web server with the lock on an agency's stock taken out: only to show that the race would notice."""

from app import create_app
from app.leads import duplicates

duplicates.lock_stock = lambda *_: None
duplicates.lock_leads = lambda *_: None

app = create_app()
