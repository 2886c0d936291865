"""Cases that stand already get their tier, the day they are due, and their searchable words."""

from django.db import migrations
from django.db.models import Min, Q

from shidian.apps.cases.search import strings_in, tokens_of


def fill(apps, _schema_editor):
    for case in apps.get_model("cases", "Case").objects.select_related("lead").iterator():
        graded = case.events.filter(kind="risk.graded").order_by("-seq").first()
        case.tier = graded.data["tier"] if graded else ""
        case.due = case.tasks.filter(closed_at=None).aggregate(due=Min("due"))["due"]
        case.save(update_fields=("tier", "due"))
        tokens = " ".join(tokens_of(texts_of(apps, case)))
        apps.get_model("cases", "CaseText").objects.create(case=case, tokens=tokens)


def texts_of(apps, case):
    yield from (case.title_zh, case.title_en, case.reference)
    institutions = apps.get_model("accounts", "Institution").objects
    for one in institutions.filter(Q(pk=case.lead_id) | Q(joined__case=case)).distinct():
        yield from (one.name_zh, one.name_en, one.uscc or one.lei or "")
    submitted = case.events.filter(kind="case.submitted").order_by("-seq").first()
    if submitted is None:
        return
    sections = case.sections.filter(saved_at__lte=submitted.at).order_by("version")
    yield from strings_in(list(dict(sections.values_list("section", "answers")).values()))


class Migration(migrations.Migration):
    dependencies = [("cases", "0002_the_desk")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
