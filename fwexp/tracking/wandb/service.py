"""The W&B service that the user's environment names, and what it has."""

import configparser
import os
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from fwexp.errors import FwexpError

ANSWER_S = 10.0  # for a service that is up
PATIENCE_S = 300  # for one that is up, but asks to wait or is briefly out of order
PAGE = 100
PROJECT = "fwexp"  # if neither WANDB_PROJECT nor tracking.project names one
RETYPE = "Nothing is lost: the same command resumes from here"
ENDED = ("finished", "failed")  # W&B's run states
BASE_URL = "WANDB_BASE_URL"
LOGIN = (
    *(BASE_URL, "WANDB_ENTITY", "WANDB_PROJECT"),
    *("WANDB_API_KEY", "WANDB_IDENTITY_TOKEN_FILE", "WANDB_CREDENTIALS_FILE"),
)


class ServiceError(FwexpError):
    """A W&B service that is unreachable, does not know the user, or refuses a request."""


@dataclass(frozen=True, kw_only=True)
class Service:
    """Where runs are uploaded to."""

    url: str
    entity: str
    project: str
    api: Any = field(repr=False)  # wandb.Api

    @property
    def path(self) -> str:
        return f"{self.entity}/{self.project}"

    def find(self, wandb_ids: Iterable[str], *, lazy: bool = False) -> dict[str, Any]:
        """The service's runs with these ids, by id; `lazy`: without their content."""
        ids = list(wandb_ids)
        pages = [ids[start : start + PAGE] for start in range(0, len(ids), PAGE)]
        return {run.id: run for page in pages for run in self._list({"name": {"$in": page}}, lazy)}

    def find_sweeps(self, name: str) -> list[Any]:
        """The W&B runs that hold a sweep of this name, last declared first."""
        runs = self._list({"$and": [{"group": name}, {"jobType": "sweep"}]}, lazy=False)
        ours = [run for run in runs if "manifest" in run.config]
        return sorted(ours, key=lambda run: (run.config["declared_at"], run.created_at))[::-1]

    def _list(self, filters: dict[str, Any], lazy: bool) -> list[Any]:
        self.api.flush()  # which would answer from its cache
        try:
            with as_service_errors(self.url):
                return list(self.api.runs(self.path, filters=filters, per_page=PAGE, lazy=lazy))
        except ValueError:  # what wandb raises for a project without runs
            return []


@contextmanager
def as_service_errors(what: str, *, then: str = f". {RETYPE}") -> Iterator[None]:
    """What wandb raises when a request fails, as a ServiceError."""
    import wandb
    from wandb.sdk.lib.service.service_connection import WandbApiFailedError

    try:
        yield
    except (wandb.Error, WandbApiFailedError) as error:
        raise ServiceError(f"{what}: {error}{then}") from error


def confine_wandb(
    environment: MutableMapping[str, str], *, folder: Path, online: bool = False
) -> None:
    """Keep everything that wandb writes under `folder`, and the user's own settings out of it.

    A WANDB_MODE or WANDB_RUN_ID meant for other work must not affect these runs; nor, while they
    stay offline, must the service's address and key.
    """
    kept = LOGIN if online else ()
    if online and BASE_URL not in environment and (address := _saved_address(environment)):
        environment[BASE_URL] = address
    for name in [n for n in environment if n.startswith("WANDB_") and n not in kept]:
        del environment[name]
    for kind in ("", "DATA_", "CACHE_", "CONFIG_"):
        environment[f"WANDB_{kind}DIR"] = str(folder.resolve())
    environment["WANDB_ERROR_REPORTING"] = "false"
    environment["WANDB_SILENT"] = "true"


def _saved_address(environment: Mapping[str, str]) -> str | None:
    """The server that `wandb login --host` saved in its settings."""
    folder = environment.get("WANDB_CONFIG_DIR") or "~/.config/wandb"
    settings = configparser.ConfigParser(interpolation=None)
    with suppress(configparser.Error):  # wandb, too, ignores a torn one
        settings.read(Path(folder).expanduser() / "settings")
    return settings.get("default", "base_url", fallback=None)


def connect(
    *, project: str = PROJECT, answer_s: float = ANSWER_S, patience_s: int = PATIENCE_S
) -> Service:
    """The service at WANDB_BASE_URL, or W&B's own; WANDB_ENTITY and WANDB_PROJECT, where set,
    give entity and project.

    ServiceError if it does not answer in time, or does not accept the key.
    """
    import wandb

    url = _address()
    _check_key(url)
    _check_answer(url, timeout_s=answer_s)
    with as_service_errors(f"logging in at {url} failed", then=""):
        api = wandb.Api(overrides={"base_url": url}, timeout=patience_s)
        entity = os.environ.get("WANDB_ENTITY") or api.default_entity
    if not entity:
        raise ServiceError(f"{url} names no default team for this key: set WANDB_ENTITY")
    project = os.environ.get("WANDB_PROJECT") or project
    return Service(url=url, entity=entity, project=project, api=api)


def _address() -> str:
    """By wandb's own rules, before anything else trips over it."""
    import wandb

    given = os.environ.get(BASE_URL)
    try:
        settings = wandb.Settings(base_url=given) if given else wandb.Settings()
    except ValueError as error:
        raise ServiceError(
            f"WANDB_BASE_URL={given}: not the address of a W&B server; type one such as "
            "https://wandb.example.com, or unset it for W&B's own"
        ) from error
    return settings.base_url.rstrip("/")


def _check_key(url: str) -> None:
    """By wandb's own lookup, which does not prompt here."""
    from wandb.sdk.lib import wbauth

    with as_service_errors(f"the API key for {url} is invalid", then=""):
        key = wbauth.authenticate_session(
            host=url, source="fwexp", prompt=False, update_session=False
        )
    if key is None:
        raise ServiceError(f"no API key for {url}: set WANDB_API_KEY, or type wandb login once")


def _check_answer(url: str, *, timeout_s: float) -> None:
    """Any status is an answer; wandb itself would retry for minutes."""
    try:
        requests.get(url, timeout=timeout_s, stream=True).close()
    except requests.RequestException as error:
        kind = type(error).__name__
        raise ServiceError(
            f"{url} did not answer within {timeout_s:g} s ({kind}): check WANDB_BASE_URL and the "
            "network; a cluster may reach it only from the login node"
        ) from error
