"""No two firms share an LEI, and every firm has a code."""

from django.db import migrations, models

import shidian.apps.accounts.uscc


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_institution_code_optional'),
    ]

    operations = [
        migrations.AlterField(
            model_name='institution',
            name='lei',
            field=models.CharField(blank=True, max_length=20, null=True, unique=True, validators=[shidian.apps.accounts.uscc.validate_lei]),
        ),
        migrations.AddConstraint(
            model_name='institution',
            constraint=models.CheckConstraint(condition=models.Q(('uscc__isnull', False), ('lei__isnull', False), _connector='OR'), name='institution_has_a_code', violation_error_message='Give the Unified Social Credit Code or the Legal Entity Identifier.'),
        ),
    ]
