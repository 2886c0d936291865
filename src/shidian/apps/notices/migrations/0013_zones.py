from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notices", "0012_sent_files"),
    ]

    operations = [
        migrations.CreateModel(
            name="SealedSubmission",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("receipt_sha256", models.CharField(db_index=True, max_length=64)),
                ("sealed", models.TextField()),
                ("at", models.DateTimeField()),
                ("bundle", models.PositiveIntegerField(db_index=True, null=True)),
            ],
            options={
                "ordering": ("pk",),
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="ZoneBundle",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("is_ours", models.BooleanField()),
                ("peer", models.CharField(max_length=80)),
                ("number", models.PositiveIntegerField()),
                ("digest", models.CharField(max_length=64)),
                ("items", models.PositiveIntegerField()),
                ("unread", models.PositiveIntegerField(default=0)),
                ("made_at", models.DateTimeField()),
                ("at", models.DateTimeField()),
                ("acknowledged_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ("-number",),
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("is_ours", "peer", "number"), name="zone_bundle_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_ours", True), ("acknowledged_at", None), _connector="OR"
                        ),
                        name="zone_bundle_ours_told",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ZoneItem",
            fields=[
                ("name", models.CharField(max_length=200, primary_key=True, serialize=False)),
                ("state", models.CharField(max_length=64)),
            ],
            options={
                "default_permissions": (),
            },
        ),
    ]
