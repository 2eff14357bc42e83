"""Everything outside the process that is not the database: Valkey, mail, Stripe, keys. Connected once, at start."""

from pathlib import Path

from flask import Flask
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.config import Settings
from billing.stripe import gateway
from billing.stripe.client import StripeSettings
from tenants import crypto, jobs, language, letters, mail


def register(app: Flask, settings: Settings) -> None:
    """Hand every adapter its settings."""
    crypto.use_root_key(settings.root_key)
    at_once = Retry(NoBackoff(), 0)
    jobs.use_redis(
        Redis.from_url(settings.redis_url, socket_timeout=5, socket_connect_timeout=2, retry=at_once)
    )
    mail.use_smtp(
        mail.SmtpSettings(
            host=settings.smtp_host,
            port=settings.smtp_port,
            user=settings.smtp_user,
            password=settings.smtp_password,
            sender=settings.mail_from,
        )
    )
    letters.use_base_url(settings.base_url)
    language.use_translations(Path(app.root_path) / "translations")
    gateway.use(
        StripeSettings(
            secret_key=settings.stripe_secret_key,
            webhook_secret=settings.stripe_webhook_secret,
            api_base=settings.stripe_api_base,
        )
    )
