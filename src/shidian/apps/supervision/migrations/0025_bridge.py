"""What may go on after a pilot's end while a licence is pending."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0008_marks_of_old_events"),
        ("supervision", "0024_evaluation_figures"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BridgeStep",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("asked", "asked for"),
                            ("granted", "granted"),
                            ("declined", "declined"),
                            ("withdrawn", "given up by the institution"),
                            ("ended", "ended"),
                            ("lapsed", "ended with its last day"),
                        ],
                        max_length=16,
                    ),
                ),
                ("licence", models.CharField(blank=True, max_length=200)),
                ("authority", models.CharField(blank=True, max_length=200)),
                ("receipt", models.CharField(blank=True, max_length=100)),
                ("applied_on", models.DateField(null=True)),
                ("starts_on", models.DateField(null=True)),
                ("ends_on", models.DateField(null=True)),
                ("business", models.CharField(blank=True, max_length=16)),
                ("plan_version", models.PositiveIntegerField(null=True)),
                (
                    "result",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("granted", "the licence was granted"),
                            ("refused", "the licence was refused"),
                            ("withdrawn", "the application was withdrawn"),
                            ("other", "for another reason"),
                        ],
                        max_length=16,
                    ),
                ),
                ("text", models.TextField(blank=True)),
                ("at", models.DateTimeField()),
                ("automatic", models.JSONField(blank=True, default=dict)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bridge_steps",
                        to="cases.case",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "default_permissions": (),
                "indexes": [models.Index(fields=["kind", "ends_on"], name="bridge_running_out")],
            },
        ),
    ]
