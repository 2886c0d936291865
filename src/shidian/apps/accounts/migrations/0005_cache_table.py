"""The table in which used codes and failed attempts are counted for all web processes."""

from __future__ import annotations

from django.core.management import call_command
from django.db import migrations


def make_table(apps, editor):
    call_command("createcachetable", database=editor.connection.alias, verbosity=0)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_institution_has_a_code")]
    operations = [migrations.RunPython(make_table, migrations.RunPython.noop)]
