from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_expert_away"),
        ("cases", "0014_reminders"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="accessrow",
            index=models.Index(
                fields=[
                    *("case", "effect", "authority", "person", "institution"),
                    *("starts", "ends"),
                ],
                name="access_case_effect_reached",
            ),
        ),
        migrations.RemoveIndex(model_name="accessrow", name="access_case_effect"),
    ]
