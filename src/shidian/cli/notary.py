"""`shidian notary`: take leaves from the worker, publish the record."""

from __future__ import annotations

import signal
import threading

import click

from shidian.cli.elsewhere import refuse_elsewhere

MODES = {"600": 0o600, "660": 0o660}


@click.command()
@click.option(
    "--socket-mode",
    type=click.Choice(list(MODES)),
    default="600",
    show_default=True,
    help="Who may connect: 660 lets the socket's group, where the worker is another user.",
)
def notary(socket_mode: str) -> None:
    """Write the public record and sign it, and sign orders: it alone holds the keys.

    Publishes SHIDIAN_HOME/record/tiles as static files, listens on SHIDIAN_HOME/record/notary.sock,
    and completes on start what it was killed at. A second notary on the same folder is refused.
    """
    from shidian import logs
    from shidian.config import settings
    from shidian.core.record.disk import replace
    from shidian.core.record.notary import NO_WITNESSES, Notary
    from shidian.notary.certificates import CertificateSigner
    from shidian.notary.orders import OrderSigner
    from shidian.notary.server import NotaryServer
    from shidian.notary.witnesses import HttpWitnesses
    from shidian_kit.wire.policy import parse_policy
    from shidian_kit.wire.refusal import RecordError

    refuse_elsewhere("notary")
    config = settings()
    logs.begin("notary", config)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        policy = config.record_witnesses
        text = NO_WITNESSES if policy is None else policy.read_text()
        witnesses = HttpWitnesses(parse_policy(text))
        with Notary(
            config.record, config.record_origin, witness_policy=text, witnesses=witnesses
        ) as at_work:
            click.echo(f"the record's key: {at_work.vkey}")
            orders = OrderSigner(config.record / "signer")
            replace(config.order_public_key, f"{orders.public_key}\n".encode())
            click.echo(f"orders are signed with: {orders.public_key}")
            certificates = CertificateSigner(config.record / "signer")
            replace(config.certificate_public_key, f"{certificates.public_key}\n".encode())
            server = NotaryServer(
                at_work, orders, certificates, config.notary_socket, mode=MODES[socket_mode]
            )
            server.run(stop)
    except (RecordError, OSError) as refused:
        raise click.ClickException(str(refused)) from None
