"""`fwexp parity model=…`: the certificate of one configuration, stage by stage; `fwexp parity
--audit NAME`: the audits of a sweep's runs, made again."""

import argparse

from rich.console import Console
from rich.table import Table

from fwexp.commands.audit import audit_sweep
from fwexp.data import preparation
from fwexp.launch.combine import resolved
from fwexp.launch.planning import plan_run
from fwexp.launch.progress import Display
from fwexp.launch.servers import framework_servers
from fwexp.meters.probe import require_framework
from fwexp.parity.certify import certify, describe
from fwexp.store.certificate import Certificate
from fwexp.store.store import Store


def command(argv: list[str]) -> int:
    """Print the certificate's stages, or each run's audit: 0 when all passed, 1 when one failed."""
    parser = argparse.ArgumentParser(
        prog="fwexp parity",
        description="Do a model's torch and Keras implementations compute the same?",
    )
    parser.add_argument("overrides", nargs="*", help="e.g. model=cnn optimizer=adamw")
    parser.add_argument("--config-dir", action="append", default=[], metavar="FOLDER")
    parser.add_argument(
        "--audit", metavar="NAME", help="audit this sweep's runs again, from what they have kept"
    )
    parser.add_argument("--store", default="store", help="the sweep's store (default: store)")
    given = parser.parse_intermixed_args(argv)
    if given.audit and given.overrides:
        parser.error("--audit takes a sweep's name and no overrides")
    if given.audit:
        return audit_sweep(given.audit, store=Store(given.store))
    config = plan_run(resolved(given.overrides, given.config_dir)).config
    for framework in ("torch", "tf"):
        require_framework(framework)
    store = Store(config.store)
    store.check_writable()
    preparation.prepare(config.data)
    with (
        Display(1) as display,
        framework_servers(["torch", "tf"], logs=store.logs) as servers,
    ):
        display.begin("importing torch and tf")
        servers.wait_ready()
        certificate = certify(config, store=store, servers=servers, say=display.begin)
    _print(certificate)
    return 0 if certificate.passed else 1


def _print(certificate: Certificate) -> None:
    table = Table(box=None, pad_edge=False)
    for title in ("stage", "passed", "difference", "tolerance", "worst at"):
        table.add_column(title, overflow="fold")
    for stage in certificate.stages:
        passed = "yes" if stage.passed else "NO"
        figures = (f"{stage.difference:.1e}", f"{stage.tolerance:.0e}")
        table.add_row(stage.name, passed, *figures, f"{stage.where} {stage.detail}".strip())
    console = Console(highlight=False)
    console.print(table)
    console.print(describe(certificate), soft_wrap=True, markup=False)
