import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0001_initial'),
        ('notices', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='notice',
            name='draft',
            field=models.SlugField(blank=True, default='', max_length=96),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='notice',
            name='scheme',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='cases.scheme'),
        ),
        migrations.AlterField(
            model_name='notice',
            name='case',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='cases.case'),
        ),
        migrations.AlterField(
            model_name='notice',
            name='opened',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='cases.caseevent'),
        ),
        migrations.AlterField(
            model_name='publishedsnapshot',
            name='kind',
            field=models.CharField(choices=[('call', 'Call'), ('notice', 'Notice'), ('pilot', 'Pilot'), ('case', 'Case'), ('rulebook', 'Rulebook'), ('draft', 'Draft'), ('clauses', 'Clauses'), ('scheme', 'Scheme'), ('figures', 'Figures')], max_length=16),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.UniqueConstraint(condition=models.Q(('draft', ''), _negated=True), fields=('draft', 'version'), name='notice_draft_version_once'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('case__isnull', False), ('draft', ''), ('opened__isnull', False), ('scheme', None)), models.Q(('case', None), ('opened', None), ('scheme__isnull', False), models.Q(('draft', ''), _negated=True)), _connector='OR'), name='notice_of_a_case_or_a_draft'),
        ),
    ]
