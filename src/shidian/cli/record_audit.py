"""`shidian record audit`: is everything public on record, and as it happened?"""

from __future__ import annotations

import json
import os
import sys

import click

SETTLE_S = 2.0


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def audit(as_json: bool) -> None:
    """Replay domain events against the log; name what is missing or different.

    Reads the app database and SHIDIAN_HOME/record/tiles, changes nothing, and may run beside all
    other processes. Each finding has one of these names: `missing` (a public act that nothing
    records), `different` (the database says something else than what was recorded), `waiting` (not
    on the log though it is due), `unknown` (on the log, or in the outbox, without an act),
    `by-hash` (recorded by its hash alone, since it could not be read), `unproven` (an order was
    issued without the officers that the rulebook demands, or their second factors do not prove that
    they approved this very order; the detail says what is missing). Ends with status 1 where
    there are any. Whether the log is whole in itself is what `shidian record verify` finds out.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shidian.web.settings")
    import django

    django.setup()
    from shidian.apps.record.audit import audit as audit_all
    from shidian.config import settings
    from shidian.core.record.reader import LogReader
    from shidian_kit.wire.refusal import RecordError

    reader = LogReader(settings().record_tiles)
    try:
        findings = audit_all(reader, settle_s=SETTLE_S)
        size = reader.checkpoint().size
    except RecordError as refused:
        raise click.ClickException(str(refused)) from None
    if as_json:
        told = [
            {"problem": one.problem.value, "what": one.what, "detail": one.detail}
            for one in findings
        ]
        click.echo(json.dumps({"leaves": size, "findings": told}, ensure_ascii=False, indent=2))
    else:
        for one in findings:
            click.echo(f"{one.problem}: {one.what}: {one.detail}")
        click.echo(f"{size} leaves on the log, {len(findings)} findings")
    sys.exit(1 if findings else 0)
