"""Files of incidents, and which steps people were told that they missed."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0008_marks_of_old_events"),
        ("supervision", "0025_bridge"),
    ]

    operations = [
        migrations.AddField(
            model_name="incidentstep",
            name="attachment",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="cases.attachment",
            ),
        ),
        migrations.AlterField(
            model_name="incidentstep",
            name="kind",
            field=models.CharField(
                choices=[
                    ("phoned", "telephone report noted by an officer"),
                    ("reported", "reported"),
                    ("confirmed", "telephone report confirmed in writing"),
                    ("also", "reported by a second person too"),
                    ("updated", "updated"),
                    ("asked", "question"),
                    ("answered", "answer"),
                    ("closed", "closed with a report"),
                    ("reopened", "opened again"),
                    ("graded", "graded anew"),
                    ("linked", "linked"),
                    ("merged", "found to be the same as another"),
                    ("noted", "noted"),
                    ("attached", "a file attached"),
                ],
                max_length=16,
            ),
        ),
        migrations.CreateModel(
            name="MissedStep",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("step", models.CharField(max_length=64)),
                ("due_at", models.DateTimeField()),
                ("told_at", models.DateTimeField()),
                (
                    "incident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="missed",
                        to="supervision.incident",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("incident", "step", "due_at"), name="incident_step_missed_once"
                    )
                ],
            },
        ),
    ]
