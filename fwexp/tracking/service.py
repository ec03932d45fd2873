"""The W&B service that the user's environment names, and whether it answers."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests

from fwexp.errors import FwexpError

ANSWER_S = 10.0  # for a service that is there
PATIENCE_S = 300  # for one that is there and asks to wait, or is out of order for a moment
PAGE = 100
PROJECT = "fwexp"  # where neither WANDB_PROJECT nor tracking.project names one


class ServiceError(FwexpError):
    """A W&B service that is not there, does not know the user, or refuses."""


@dataclass(frozen=True, kw_only=True)
class Service:
    """Where copies are uploaded to."""

    url: str
    entity: str
    project: str
    api: Any = field(repr=False)  # wandb.Api

    @property
    def path(self) -> str:
        return f"{self.entity}/{self.project}"

    def find(self, wandb_ids: Iterable[str], *, lazy: bool = False) -> dict[str, Any]:
        """The runs of these ids that the service has, by id; `lazy`: without their content."""
        ids = list(wandb_ids)
        pages = [ids[start : start + PAGE] for start in range(0, len(ids), PAGE)]
        return {run.id: run for page in pages for run in self._list({"name": {"$in": page}}, lazy)}

    def find_sweeps(self, name: str) -> list[Any]:
        """The runs that hold a sweep of this name, the one declared last first."""
        runs = self._list({"$and": [{"group": name}, {"jobType": "sweep"}]}, lazy=False)
        ours = [run for run in runs if "manifest" in run.config]
        return sorted(ours, key=lambda run: (run.config["declared_at"], run.created_at))[::-1]

    def _list(self, filters: dict[str, Any], lazy: bool) -> list[Any]:
        self.api.flush()  # which would answer from memory
        try:
            with told_as_service_errors(self.url):
                return list(self.api.runs(self.path, filters=filters, per_page=PAGE, lazy=lazy))
        except ValueError:  # what wandb says of a project without runs
            return []


@contextmanager
def told_as_service_errors(
    told: str, *, then: str = ". Nothing is lost: the same command goes on from here"
) -> Iterator[None]:
    """What wandb raises when a request fails, as a ServiceError."""
    import wandb
    from wandb.sdk.lib.service.service_connection import WandbApiFailedError

    try:
        yield
    except (wandb.Error, WandbApiFailedError) as error:
        raise ServiceError(f"{told}: {error}{then}") from error


def connect(
    *, project: str = PROJECT, answer_s: float = ANSWER_S, patience_s: int = PATIENCE_S
) -> Service:
    """The service of WANDB_BASE_URL, or W&B's own; entity and project by WANDB_ENTITY and
    WANDB_PROJECT, where they are set.

    ServiceError without an answer in time, or without a key that it knows.
    """
    import wandb

    url = _address()
    _check_key(url)
    _check_answer(url, timeout_s=answer_s)
    with told_as_service_errors(f"logging in at {url} failed", then=""):
        api = wandb.Api(overrides={"base_url": url}, timeout=patience_s)
        entity = os.environ.get("WANDB_ENTITY") or api.default_entity
    if not entity:
        raise ServiceError(f"{url} names no default team for this key: set WANDB_ENTITY")
    project = os.environ.get("WANDB_PROJECT") or project
    return Service(url=url, entity=entity, project=project, api=api)


def _address() -> str:
    """By wandb's own rules, before anything else meets them."""
    import wandb

    given = os.environ.get("WANDB_BASE_URL")
    try:
        settings = wandb.Settings(base_url=given) if given else wandb.Settings()
    except ValueError as error:
        raise ServiceError(
            f"WANDB_BASE_URL={given}: not the address of a W&B server; type one such as "
            "https://wandb.example.com, or unset it for W&B's own"
        ) from error
    return settings.base_url.rstrip("/")


def _check_key(url: str) -> None:
    """By wandb's own search, which does not ask the user here."""
    from wandb.sdk.lib import wbauth

    with told_as_service_errors(f"the API key for {url} is none", then=""):
        key = wbauth.authenticate_session(
            host=url, source="fwexp", prompt=False, update_session=False
        )
    if key is None:
        raise ServiceError(f"no API key for {url}: set WANDB_API_KEY, or type wandb login once")


def _check_answer(url: str, *, timeout_s: float) -> None:
    """Any status is an answer; wandb itself would try for minutes."""
    try:
        requests.get(url, timeout=timeout_s, stream=True).close()
    except requests.RequestException as error:
        kind = type(error).__name__
        raise ServiceError(
            f"{url} did not answer within {timeout_s:g} s ({kind}): see WANDB_BASE_URL and the "
            "network; from a cluster's nodes it may only be reached on the login node"
        ) from error
