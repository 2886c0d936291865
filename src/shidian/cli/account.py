"""`shidian account`: what only the operator can do for a person's account."""

from __future__ import annotations

import os

import click


@click.group()
def account() -> None:
    """Help a person whose account cannot be helped from a page."""


@account.command("reset-second-factor")
@click.argument("username")
def reset_second_factor(username: str) -> None:
    """Forget a person's authenticator app, passkeys and recovery codes, and end their sessions.

    For someone who lost all of them: first make sure who is asking. An officer sets a new second
    factor up at the next sign-in, before any other page opens.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shidian.web.settings")
    import django

    django.setup()
    from shidian.apps.accounts import domain
    from shidian.apps.accounts.models import Person

    person = Person.objects.filter(username__iexact=username).first()
    if person is None:
        raise click.ClickException(f"there is no account {username}")
    domain.reset_second_factor(person)
    click.echo(f"{person.username}: second factor reset, sessions ended")
