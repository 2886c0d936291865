"""News can be of what an app above knows: a dispatch, a risk tip."""

from __future__ import annotations

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("cases", "0012_open_cases_newest_first")]

    operations = [
        migrations.AddField(
            model_name="newsitem",
            name="subject",
            field=models.CharField(blank=True, db_default="", max_length=20),
        ),
        migrations.AddField(
            model_name="newsitem",
            name="reference",
            field=models.CharField(blank=True, db_default="", max_length=80),
        ),
        migrations.RemoveConstraint(model_name="newsitem", name="news_of_one_thing"),
        migrations.AddConstraint(
            model_name="newsitem",
            constraint=models.CheckConstraint(
                condition=(
                    Q(case__isnull=False, coaching=None, contact=None, subject="")
                    | Q(case=None, coaching__isnull=False, contact=None, subject="")
                    | Q(case=None, coaching=None, contact__isnull=False, subject="")
                    | (
                        Q(case=None, coaching=None, contact=None)
                        & ~Q(subject="")
                        & ~Q(reference="")
                    )
                ),
                name="news_of_one_thing",
            ),
        ),
    ]
