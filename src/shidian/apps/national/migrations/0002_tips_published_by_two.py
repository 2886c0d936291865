"""A risk tip is published by another officer than its sender; those that stand stay published."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models

FROM_BEFORE = (
    "Published as it was sent: no other officer was needed then. 发出时即公开，当时无须另一名人员。"
)


def keep_published(apps: Any, _editor: Any) -> None:
    """Each tip that stands on the public site says so by a step."""
    tips = apps.get_model("national", "RiskTip").objects.filter(published=True)
    steps = apps.get_model("national", "TipStep").objects
    for tip in tips.exclude(steps__kind="published"):
        steps.create(
            tip=tip,
            kind="published",
            at=tip.sent_at,
            by_id=tip.sent_by_id,
            authority_id=tip.authority_id,
            text=FROM_BEFORE,
        )


class Migration(migrations.Migration):
    dependencies = [("national", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="tipstep",
            name="kind",
            field=models.CharField(
                choices=[
                    ("sent", "sent"),
                    ("read", "read"),
                    ("answered", "answered"),
                    ("published", "published"),
                    ("kept-back", "not published"),
                    ("lifted", "lifted"),
                ],
                max_length=16,
            ),
        ),
        migrations.RunPython(keep_published, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="tipstep",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind__in", ("published", "kept-back"))),
                fields=("tip",),
                name="tip_publication_decided_once",
            ),
        ),
    ]
