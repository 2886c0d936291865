"""What the figures of an evaluation rest on."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0008_marks_of_old_events"),
        ("supervision", "0023_tightening_carries_its_version"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="planresult",
            name="lines",
            field=models.JSONField(default=list),
        ),
        migrations.CreateModel(
            name="EvaluationFigures",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("lines", models.JSONField()),
                ("through", models.BigIntegerField()),
                ("drawn_at", models.DateTimeField()),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="evaluation_figures",
                        to="cases.case",
                    ),
                ),
                (
                    "drawn_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-number"],
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("case", "number"), name="evaluation_figures_once"
                    )
                ],
            },
        ),
    ]
