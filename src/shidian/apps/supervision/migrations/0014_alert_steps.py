"""What is done about alerts becomes steps; an episode keeps what they come to, and its true times."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Min
from django.utils import timezone

LEVELS = ("info", "warning", "breach", "critical")


def rank(level):
    return LEVELS.index(level) + 1 if level in LEVELS else 0


def carry_over(apps, _schema_editor):
    """Acknowledgements become steps; episodes get rank and times from the items that were copied."""
    item, episode, seen, step = (
        apps.get_model("supervision", name)
        for name in ("AlertItem", "AlertEpisode", "AlertAcknowledgement", "AlertStep")
    )
    for row in seen.objects.order_by("id"):
        step.objects.create(
            pilot_id=row.pilot_id,
            episode=row.episode,
            kind="acknowledge",
            level=row.level,
            by_id=row.by_id,
            at=row.at,
            text=row.note,
        )
    for row in episode.objects.order_by("id"):
        items = item.objects.filter(episode=row.episode).order_by()
        steps = list(step.objects.filter(episode=row.episode).order_by("id"))
        row.rank = rank(row.level)
        row.opened_at = items.aggregate(at=Min("received_at"))["at"] or row.opened_at
        at_level = items.filter(level=row.level).aggregate(at=Min("received_at"))["at"]
        row.level_at = at_level or row.opened_at
        if steps:
            row.seen_rank = max(rank(one.level) for one in steps)
            row.seen_at = steps[0].at
        row.save()


class Migration(migrations.Migration):

    dependencies = [
        ("supervision", "0012_plan_change"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AlertStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("episode", models.CharField(db_index=True, max_length=80)),
                ("kind", models.CharField(choices=[("acknowledge", "acknowledged"), ("assign", "given to an officer"), ("note", "noted"), ("false-positive", "marked as a false positive"), ("stands", "no false positive after all"), ("link", "linked"), ("mute", "muted"), ("unmute", "heard again"), ("escalate", "raised, since nobody had acknowledged it")], max_length=16)),
                ("level", models.CharField(max_length=16)),
                ("at", models.DateTimeField()),
                ("text", models.TextField(blank=True)),
                ("until", models.DateTimeField(null=True)),
                ("link_kind", models.CharField(blank=True, max_length=16)),
                ("link_name", models.CharField(blank=True, max_length=40)),
                ("office", models.CharField(blank=True, max_length=32)),
                ("automatic", models.JSONField(blank=True, default=dict)),
                ("by", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("pilot", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="alert_steps", to="supervision.pilot")),
                ("to", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddField("alertepisode", "assignee", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
        migrations.AddField("alertepisode", "false_positive", models.BooleanField(default=False)),
        migrations.AddField("alertepisode", "level_at", models.DateTimeField(default=timezone.now), preserve_default=False),
        migrations.AddField("alertepisode", "muted_rank", models.PositiveSmallIntegerField(default=0)),
        migrations.AddField("alertepisode", "muted_until", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("alertepisode", "raised_rank", models.PositiveSmallIntegerField(default=0)),
        migrations.AddField("alertepisode", "raised_to", models.CharField(blank=True, max_length=32)),
        migrations.AddField("alertepisode", "rank", models.PositiveSmallIntegerField(default=0)),
        migrations.AddField("alertepisode", "seen_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("alertepisode", "seen_rank", models.PositiveSmallIntegerField(default=0)),
        migrations.AddIndex("alertepisode", models.Index(fields=["-rank", "-last_seq"], name="episode_gravest")),
        migrations.AddIndex("alertepisode", models.Index(fields=["opened_at"], name="episode_opened")),
        migrations.RunPython(carry_over, migrations.RunPython.noop),
        migrations.DeleteModel(name="AlertAcknowledgement"),
    ]
