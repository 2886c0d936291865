"""People with passwords; nobody has a second factor yet."""

from __future__ import annotations


def seed() -> None:
    """Run inside a process whose stores are the site's."""
    from shidian.apps.accounts.models import Person
    from tests.factories import make_world
    from tests.web.seed import PASSWORD

    make_world()
    for person in Person.objects.filter(
        username__in=("case-bureau", "sign-bureau", "signer", "drafter")
    ):
        person.set_password(PASSWORD)
        person.save()
