"""What happened to a case several times on a day is one mark, with how often."""

from django.db import migrations, models

TOGETHER = ("case", "kind", "key", "day", "hours")


def bring_together(apps, _schema_editor):
    mark = apps.get_model("cases", "CaseMark")
    groups = mark.objects.order_by().values(*TOGETHER)
    doubled = groups.annotate(n=models.Count("pk"), first=models.Min("pk")).filter(n__gt=1)
    for one in list(doubled):
        same = mark.objects.filter(**{name: one[name] for name in TOGETHER})
        same.exclude(pk=one["first"]).delete()
        same.update(times=one["n"])


class Migration(migrations.Migration):
    dependencies = [("cases", "0008_marks_of_old_events")]

    operations = [
        migrations.AddField("CaseMark", "times", models.PositiveIntegerField(default=1)),
        migrations.RunPython(bring_together, migrations.RunPython.noop),
        migrations.RemoveIndex("CaseMark", "mark_kind_day"),
        migrations.AddIndex(
            "CaseMark",
            models.Index(
                fields=["kind", "key", "hours", "day", "case", "times"], name="mark_in_groups"
            ),
        ),
        migrations.AddConstraint(
            "CaseMark",
            models.UniqueConstraint(
                fields=("case", "kind", "key", "day", "hours"), name="mark_once"
            ),
        ),
    ]
