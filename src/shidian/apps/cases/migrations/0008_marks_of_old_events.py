"""What happened before statistics kept marks of it is counted from the events, once."""

from django.db import migrations

from shidian.apps.cases.marks import MARKED, Before, after, marks_of

BATCH = 5_000


def fill(apps, _schema_editor):
    mark = apps.get_model("cases", "CaseMark")
    events = apps.get_model("cases", "CaseEvent").objects.filter(kind__in=[k.value for k in MARKED])
    case, before, made = None, Before(), []
    rows = events.order_by("case", "seq").values_list("case", "kind", "at", "data")
    for number, kind, at, data in rows.iterator():
        if number != case:
            case, before = number, Before()
        made += [
            mark(case_id=number, kind=one.kind, key=one.key, day=one.day, hours=one.hours)
            for one in marks_of(kind, at, data, before)
        ]
        before = after(kind, at, data, before)
        if len(made) >= BATCH:
            mark.objects.bulk_create(made)
            made = []
    mark.objects.bulk_create(made)


class Migration(migrations.Migration):
    dependencies = [("cases", "0007_marks_for_statistics")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
