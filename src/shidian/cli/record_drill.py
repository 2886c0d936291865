"""`shidian record drill`: is the certificate of an exit drill true?"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import click


@click.command()
@click.argument("file", type=click.File("rb"))
@click.option("--key", help="The key to trust, ed25519:…; else this installation's own.")
@click.option(
    "--policy",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Whose log to trust (C2SP tlog-policy): the certificate must also stand there.",
)
def drill(file: BinaryIO, key: str | None, policy: Path | None) -> None:
    """Verify the certificate of an exit drill: its signature, and the drill by running it again.

    FILE is the bundle that the page of the drill hands out. Ends with status 1 and what is wrong:
    another key, a plan or an outcome that was changed, a drill that does not come out again. A
    drill that failed verifies too: the certificate says why it failed.
    """
    from shidian.config import settings
    from shidian.core.exit.certificate import BUNDLE_BYTES_MAX, verify_bundle, verify_on_record
    from shidian.core.exit.drill import yuan
    from shidian.core.exit.plan import ExitError
    from shidian_kit.wire.keys import load_public
    from shidian_kit.wire.policy import parse_policy
    from shidian_kit.wire.refusal import RecordError

    data = file.read(BUNDLE_BYTES_MAX + 1)
    try:
        trusted = load_public(key or settings().certificate_public_key.read_text())
        found = verify_bundle(data, trusted)
        opened = verify_on_record(data, parse_policy(policy.read_text())) if policy else None
    except (ExitError, RecordError, OSError, ValueError) as refused:
        raise click.ClickException(str(refused)) from None
    said = found.outcome
    click.echo(f"{found.case}, drill {found.number}: signed by {found.signed_by}")
    click.echo(f"run again on {found.positions} made-up positions: the same, to the fen")
    click.echo(f"refunds {yuan(int(said['listed_fen']))} of {yuan(int(said['owed_fen']))} owed")
    for step in said["steps"]:
        click.echo(f"{step['step']}: {step['count']}, done {step['last_day'] or 'too late'}")
    for failure in said["failures"]:
        click.echo(f"failed: {failure['text']['en']}")
    if opened is not None:
        click.echo(f"on record: {opened.checkpoint.origin}, {opened.checkpoint.size} leaves")
    click.echo("passed" if found.passed else "FAILED")
