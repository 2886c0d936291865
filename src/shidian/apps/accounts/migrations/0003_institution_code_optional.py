"""A firm may be named by its LEI alone; an empty LEI becomes none."""

from django.db import migrations, models

import shidian.apps.accounts.uscc


def empty_to_none(apps, schema_editor):
    apps.get_model('accounts', 'Institution').objects.filter(lei='').update(lei=None)


def none_to_empty(apps, schema_editor):
    apps.get_model('accounts', 'Institution').objects.filter(lei=None).update(lei='')


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_sign_in_failure'),
    ]

    operations = [
        migrations.AlterField(
            model_name='institution',
            name='uscc',
            field=models.CharField(blank=True, max_length=18, null=True, unique=True, validators=[shidian.apps.accounts.uscc.validate_uscc]),
        ),
        migrations.AlterField(
            model_name='institution',
            name='lei',
            field=models.CharField(blank=True, max_length=20, null=True, validators=[shidian.apps.accounts.uscc.validate_lei]),
        ),
        migrations.RunPython(empty_to_none, none_to_empty),
    ]
