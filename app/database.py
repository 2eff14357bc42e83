"""The engine, by Flask-SQLAlchemy. Sessions never come from here: they come from the doors in tenants/db.py."""

from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy

from app.config import Settings
from app.models import Base
from tenants import db as doors

database = SQLAlchemy(metadata=Base.metadata)
migrate = Migrate()

TIMEOUTS = "-c lock_timeout=3000 -c statement_timeout=10000 -c idle_in_transaction_session_timeout=15000"


def register(app: Flask, settings: Settings) -> None:
    """Connect the doors to DATABASE_URL, with as many connections as the process has threads."""
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {
        "pool_size": settings.pool_size,
        "max_overflow": 0,
        "pool_timeout": 5,
        "pool_pre_ping": False,
        "hide_parameters": True,
        "connect_args": {"options": TIMEOUTS},
    }
    database.init_app(app)
    migrate.init_app(app, database, directory="migrations")
    with app.app_context():
        doors.use(database.engine)
