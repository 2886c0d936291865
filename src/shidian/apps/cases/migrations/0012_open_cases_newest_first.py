from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0011_letters"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                fields=["outcome", "-changed_at", "-id"], name="case_outcome_changed"
            ),
        ),
    ]
