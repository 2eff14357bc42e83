"""Commands: `flask --app wsgi …`."""

import os
import sys
from datetime import timedelta

import click
from flask import Flask, current_app

from tenants import clock
from tenants.errors import Refused


def register(app: Flask) -> None:
    """Add our commands to flask's."""
    app.cli.add_command(prove)
    app.cli.add_command(tick)
    app.cli.add_command(api_key)
    app.cli.add_command(create_operator)
    app.cli.add_command(demo)
    app.cli.add_command(receive_mail)


@click.command("prove")
def prove() -> None:
    """Run every proof; exit 1 and print what is wrong if any finds a row."""
    from app import proofs

    broken = proofs.run_all()
    for row in broken:
        click.echo(f"{row.proof}: {row.what}")
    if broken:
        raise SystemExit(1)
    click.echo(f"{len(proofs.ALL)} proofs hold.")


@click.command("tick")
@click.option(
    "--ahead-hours", default=0, help="Pretend that this many hours have passed (demo and test only)."
)
def tick(ahead_hours: int) -> None:
    """Do everything that is due."""
    from tenants import jobs

    moment = clock.now() + timedelta(hours=ahead_hours)
    with clock.at(moment):
        jobs.tick(moment)


@click.command("api-key")
@click.argument("tenant_slug")
@click.option("--scopes", default="all", help='Comma separated, or "all".')
def api_key(tenant_slug: str, scopes: str) -> None:
    """Print a new API key of a tenant."""
    from tenants.api_keys import create_by_operator

    try:
        click.echo(create_by_operator(tenant_slug, scopes.split(",")))
    except Refused as refused:
        raise click.ClickException(refused.message) from None


@click.command("receive-mail", context_settings={"ignore_unknown_options": True})
@click.argument("token")
def receive_mail(token: str) -> None:
    """Keep a mail from standard input; TOKEN is the end of its connection's address. For a mail server's pipe.

    A token may begin with a hyphen: what looks like an unknown option is taken as one.

    Exits with 0 when it is kept, 65 when it is no mail or too large, 67 for an unknown address, 75 to try again later.
    """
    from app.incoming.pipe import deliver

    code, word = deliver(token, sys.stdin.buffer)
    if code:
        click.echo(word, err=True)
        raise SystemExit(code)


@click.command("create-operator")
@click.option("--name", required=True)
@click.option("--country", required=True)
@click.option("--email", required=True)
@click.password_option()
def create_operator(name: str, country: str, email: str, password: str) -> None:
    """Set up the one operator and its first owner; refused when there is one already."""
    from tenants.sign_up import create_operator as create

    create(name=name, country=country, email=email, password=password)
    click.echo(f"{name} operates this installation. {email} may log in.")


@click.command("demo")
def demo() -> None:
    """Fill an empty installation with ninety days of made-up trade. Demo mode only.

    With DATABASE_OWNER_URL set, a demo that was cut off is thrown away and made anew.
    """
    from app.config import Settings
    from app.database import database
    from app.demo import unfinished
    from app.demo.load import Size, demand_place, load

    settings: Settings = current_app.config["FLOE"]
    try:
        sandbox_url = demand_place(settings)
        if owner_url := os.environ.get("DATABASE_OWNER_URL"):
            unfinished.throw_away(owner_url)
        days = Size().days
        loaded = load(
            database.engine, sandbox_url, tell=lambda day: click.echo(f"demo: day {day} of {days} is played")
        )
    except Refused as refused:
        raise click.ClickException(refused.message) from None
    for name, number in loaded.counts.items():
        click.echo(f"{number:>7} {name}")
    click.echo(f"Refused, as in life: {sum(loaded.refused.values())}. All proofs hold.")
