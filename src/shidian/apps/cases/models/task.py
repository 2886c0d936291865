"""Task: whose turn it is, and for what. Copied from the procedure's effects after every act."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import get_language

from shidian.apps.accounts.models import Authority, Institution
from shidian.apps.cases.models.case import Case
from shidian.apps.cases.querysets import TaskQuerySet


class Task(models.Model):
    """One thing somebody may do next. Whichever addressees are set narrow down who may.

    Open while `closed_at` is empty; `key` is stable within the case meanwhile.
    """

    # Indexed with what tells open tasks from the many that are closed.
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="tasks", db_index=False)
    key = models.CharField(max_length=100)
    verb = models.CharField(max_length=40)
    """One of `core.procedure.types.Verb`."""
    kind = models.CharField(max_length=20)
    """One of `core.procedure.types.ActorKind`: in which capacity it is done."""
    what_zh = models.TextField()
    what_en = models.TextField()
    authority = models.ForeignKey(Authority, null=True, on_delete=models.PROTECT, related_name="+")
    institution = models.ForeignKey(
        Institution, null=True, on_delete=models.PROTECT, related_name="+"
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    due = models.DateField(null=True)
    not_before = models.DateField(null=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    objects = TaskQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        ordering = (models.F("due").asc(nulls_last=True), "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("case", "key"),
                condition=models.Q(closed_at__isnull=True),
                name="open_task_once",
            ),
        )
        indexes = (
            models.Index(fields=("case", "closed_at"), name="task_case_closed"),
            models.Index(
                fields=("kind", "due"),
                condition=models.Q(closed_at__isnull=True),
                name="task_open_kind_due",
            ),
        )

    def __str__(self) -> str:
        return self.what

    @property
    def what(self) -> str:
        """The sentence in the active language."""
        if (get_language() or "zh-hans").startswith("zh"):
            return self.what_zh
        return self.what_en


class ReminderKind(models.TextChoices):
    """What somebody is reminded of."""

    SOON = "soon"
    LATE = "late"


class TaskReminder(models.Model):
    """That those whose turn it is were reminded of a task's last day, once. Append-only.

    `due`: the day as it stood then; where it moves they are reminded of the new one.
    """

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="reminders")
    kind = models.CharField(max_length=8, choices=ReminderKind.choices)
    due = models.DateField()
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=("task", "kind", "due"), name="reminded_once"),
        )

    def __str__(self) -> str:
        return f"{self.task_id} {self.kind} {self.due}"
