"""Partners of applications never submitted were named without being asked: they are invited anew."""

from django.db import migrations


def forget_partners_of_first_drafts(apps, schema_editor):
    parties = apps.get_model("cases", "CaseParty").objects.using(schema_editor.connection.alias)
    parties.filter(case__form_version=0).delete()


class Migration(migrations.Migration):
    dependencies = [("cases", "0003_words_of_cases")]

    operations = [
        migrations.RunPython(forget_partners_of_first_drafts, migrations.RunPython.noop),
    ]
