"""Results have a default for their lines in the database: the release before writes none."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("supervision", "0026_incident_files_and_missed_steps"),
    ]

    operations = [
        migrations.AlterField(
            model_name="planresult",
            name="lines",
            field=models.JSONField(db_default=[], default=list),
        ),
    ]
