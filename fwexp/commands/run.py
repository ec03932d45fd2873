"""The command line of a run: our own checks and runs first, everything else is Hydra's."""

import os
import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pkgutil import resolve_name

import hydra
from hydra._internal.utils import get_args_parser
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from fwexp.commands import RUN_MATRIX, RUN_ONE, VERBS
from fwexp.config import rules
from fwexp.config.load import (
    check_sweep,
    compose,
    compose_node,
    describe,
    register_schema,
    to_typed,
)
from fwexp.config.overrides import is_for_hydra, open_free_key
from fwexp.config.paths import conf_dir
from fwexp.errors import ConfigError, FwexpError

FIXED = ("config_path", "config_name", "experimental_rerun")  # not offered
EXCLUSIVE = ("run", "multirun", "cfg", "info")


def run_command_line(argv: Sequence[str]) -> int:
    """Does what flags and overrides, in any order, ask for; returns the exit code."""
    parser = get_args_parser()
    parser.prog = "fwexp"
    # Hydra's own call wants all overrides in one piece; this one takes flags between them.
    args = parser.parse_intermixed_args(argv)
    if args.shell_completion:
        return _complete(args)
    if args.hydra_help:
        return _hand_over(args)
    _check_flags(args)
    config_dirs = [args.config_dir] if args.config_dir is not None else []
    for_hydra = any(is_for_hydra(text) for text in args.overrides)
    if args.multirun and not for_hydra:
        return int(resolve_name(RUN_MATRIX)(args.overrides, config_dirs))
    if args.multirun:
        check_sweep(args.overrides, config_dirs=config_dirs)
        return _hand_over(args)
    if args.cfg == "job" and not (args.help or for_hydra):
        return _show(compose_node(args.overrides, config_dirs=config_dirs), args)
    config = compose(args.overrides, config_dirs=config_dirs)
    if args.help or args.cfg or args.info or for_hydra:
        return _hand_over(args)
    return int(resolve_name(RUN_ONE)(config))


def run_composed(composed: DictConfig) -> None:
    """One job of Hydra's own launchers, which may carry it to another process by name."""
    config = to_typed(composed)
    problems = rules.check(config)
    if problems:
        raise ConfigError(problems)
    code = resolve_name(RUN_ONE)(config)
    if code:
        raise FwexpError(f"the run ended with exit code {code}.")


def _check_flags(args: Namespace) -> None:
    problems = [
        f"--{name.replace('_', '-')}: not offered. Put options of your own in a folder and name it "
        "with --config-dir."
        for name in FIXED
        if getattr(args, name) is not None
    ]
    problems += [
        f"{text}: a command comes first: fwexp {text} …" for text in args.overrides if text in VERBS
    ]
    given = [f"--{name}" for name in EXCLUSIVE if getattr(args, name)]
    if len(given) > 1:
        problems.append(f"{' and '.join(given)}: only one of these at a time.")
    if args.resolve and not (args.cfg or args.help):
        problems.append("--resolve: only with --cfg, as in fwexp --cfg job --resolve.")
    if problems:
        raise ConfigError(problems)


def _show(node: DictConfig, args: Namespace) -> int:
    """Prints as `--cfg job` of Hydra does, which would compose everything a second time."""
    shown = node if args.package in (None, "_global_") else OmegaConf.select(node, args.package)
    if shown is None:
        raise ConfigError([f"--package={args.package}: there is no such key."])
    if args.resolve:
        OmegaConf.resolve(node)
    if not OmegaConf.is_config(shown):
        print(shown)
        return 0
    if shown is not node:
        print(f"# @package {args.package}")
    print(OmegaConf.to_yaml(shown), end="")
    return 0


def _hand_over(args: Namespace) -> int:
    try:
        _call_hydra(args)
    except (HydraException, OmegaConfBaseException) as error:
        raise ConfigError([describe(error)]) from error
    except SystemExit as exit_request:
        return 2 if exit_request.code else 0
    return 0


def _complete(args: Namespace) -> int:
    try:
        _call_hydra(args)
    except (HydraException, OmegaConfBaseException):  # a half-typed line is no mistake
        return 1
    except ValueError as error:  # Hydra has no class of its own for `-sc install=nonsense`
        raise ConfigError([describe(error)]) from error
    return 0


def _call_hydra(args: Namespace) -> None:
    register_schema()
    decorate = hydra.main(version_base="1.3", config_path=str(conf_dir()), config_name="config")
    with _command_line(args), _errors_raised():
        decorate(run_composed)()


@contextmanager
def _command_line(args: Namespace) -> Iterator[None]:
    """sys.argv, from which hydra.main reads, with the flags before the overrides."""
    flags = [_flag(name, value) for name, value in vars(args).items() if name != "overrides"]
    overrides = [open_free_key(text) for text in args.overrides]
    before = sys.argv
    sys.argv = [before[0], *filter(None, flags), *overrides]
    try:
        yield
    finally:
        sys.argv = before


def _flag(name: str, value: bool | str | None) -> str:
    if value is None or value is False:
        return ""
    flag = f"--{name.replace('_', '-')}"
    return flag if value is True else f"{flag}={value}"


@contextmanager
def _errors_raised() -> Iterator[None]:
    """Hydra prints and exits by itself unless this is set; here only cli.main does."""
    before = os.environ.get("HYDRA_FULL_ERROR")
    os.environ["HYDRA_FULL_ERROR"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["HYDRA_FULL_ERROR"]
        else:
            os.environ["HYDRA_FULL_ERROR"] = before
