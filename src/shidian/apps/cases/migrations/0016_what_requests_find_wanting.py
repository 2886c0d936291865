from django.db import migrations, models


class Migration(migrations.Migration):
    """A further kind of mark; the column stays as it is."""

    dependencies = [("cases", "0015_access_rows_hold_what_is_asked")]

    operations = [
        migrations.AlterField(
            model_name="casemark",
            name="kind",
            field=models.CharField(
                choices=[
                    ("stay", "Stay"),
                    ("filed", "Filed"),
                    ("closed", "Closed"),
                    ("requested", "Requested"),
                    ("unmet", "Unmet"),
                    ("wanting", "Wanting"),
                ],
                max_length=16,
            ),
        ),
    ]
