"""A version names the tightening that carries it, so that the database can ask for one.

The columns are added without rebuilding the table of versions, which triggers of other tables name.
"""

import django.db.models.deletion
from django.db import migrations, models

_KEEPS = "supervision_planversion_no_update"


def turn_round(apps, schema_editor):
    """The trigger stands again after every migration."""
    on = ' ON "supervision_planversion"' if schema_editor.connection.vendor == "postgresql" else ""
    schema_editor.execute(f'DROP TRIGGER IF EXISTS "{_KEEPS}"{on}')
    versions = apps.get_model("supervision", "PlanVersion").objects
    for kept in apps.get_model("supervision", "PlanTightening").objects.all():
        versions.filter(pk=kept.version_id).update(tightening=kept.pk)


class Migration(migrations.Migration):
    dependencies = [("supervision", "0022_journals")]

    operations = [
        migrations.AddField(
            model_name="planversion",
            name="tightening",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="versions",
                to="supervision.plantightening",
            ),
        ),
        migrations.RunPython(turn_round),
        migrations.RemoveField(model_name="plantightening", name="version"),
        migrations.AddConstraint(
            model_name="planversion",
            constraint=models.UniqueConstraint(
                condition=models.Q(("tightening__isnull", False)),
                fields=("tightening",),
                name="plan_version_of_a_tightening",
            ),
        ),
    ]
