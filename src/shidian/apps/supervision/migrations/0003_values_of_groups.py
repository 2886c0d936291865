"""An indicator may have no value, a quotient a scale below zero; a group's name may be long."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("supervision", "0002_monitor_fault")]

    operations = [
        *(
            migrations.AlterField(model, "value", models.BigIntegerField(null=True))
            for model in ("indicatorreading", "currentreading")
        ),
        *(
            migrations.AlterField(model, "scale", models.SmallIntegerField(default=0))
            for model in ("indicatorreading", "currentreading")
        ),
        *(
            migrations.AlterField(model, "group", models.TextField(blank=True))
            for model in ("alertitem", "alertepisode")
        ),
    ]
