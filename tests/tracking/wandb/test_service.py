"""The service, its address and its key, as `fwexp sync` finds them."""

import base64
import time
from pathlib import Path

import pytest

from fwexp.store.store import Store
from tests.proc import commands
from tests.tracking.service import KEY, Fault, Service
from tests.tracking.simulated import (
    fwexp,
    start_sync,
    wandb_environment,
)
from tests.tracking.synced import check_complete, sync


def test_without_a_key(store: Store, service: Service) -> None:
    environment = {k: v for k, v in wandb_environment(service).items() if k != "WANDB_API_KEY"}
    done = fwexp("sync", "demo", "--store", str(store.path), environment=environment)
    assert done.returncode == 2
    assert done.stderr.strip() == (
        f"no API key for {service.url}: set WANDB_API_KEY, or type wandb login once"
    )


def test_an_address_that_is_none(store: Store) -> None:
    environment = wandb_environment(None, WANDB_BASE_URL="wandb.example.com", WANDB_API_KEY=KEY)
    done = fwexp("sync", "demo", "--store", str(store.path), environment=environment)
    assert (done.returncode, done.stderr.strip()) == (
        2,
        "WANDB_BASE_URL=wandb.example.com: not the address of a W&B server; type one such as "
        "https://wandb.example.com, or unset it for W&B's own",
    )


@pytest.mark.slow
def test_the_address_of_wandb_login(store: Store, service: Service, tmp_path: Path) -> None:
    settings = tmp_path / ".config" / "wandb" / "settings"
    settings.parent.mkdir(parents=True)
    settings.write_text(f"[default]\nbase_url = {service.url}\n")
    environment = wandb_environment(service, HOME=str(tmp_path))
    del environment["WANDB_BASE_URL"]
    done = fwexp("sync", "demo", "--store", str(store.path), environment=environment)
    assert done.returncode == 0, done.stderr
    check_complete(store, service)


def test_without_a_service(store: Store, service: Service) -> None:
    service.refuse()
    done = sync(store, service)
    assert done.returncode == 2
    assert done.stderr.startswith(
        f"{service.url} did not answer within 10 s (ConnectionError): check WANDB_BASE_URL"
    )


def test_with_a_key_that_is_refused(store: Store, service: Service) -> None:
    service.fault = Fault(kind="403")
    done = sync(store, service)
    assert done.returncode == 2
    assert f"logging in at {service.url} failed: " in done.stderr
    assert "403" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("login", ["machine {host} login user password {key}", ""])
def test_a_key_of_wandb_login(store: Store, service: Service, tmp_path: Path, login: str) -> None:
    host = service.url.removeprefix("http://")
    (tmp_path / "netrc").write_text(login.format(host=host, key=KEY) + "\n")
    environment = {k: v for k, v in wandb_environment(service).items() if k != "WANDB_API_KEY"}
    environment["NETRC"] = str(tmp_path / "netrc")
    done = fwexp("sync", "demo", "--store", str(store.path), environment=environment)
    assert done.returncode == (0 if login else 2), done.stderr


def _text(path: Path) -> str:
    return path.read_bytes().decode(errors="replace")


def test_the_key_is_nowhere_to_be_read(store: Store, service: Service, tmp_path: Path) -> None:
    told = [KEY, base64.b64encode(f"api:{KEY}".encode()).decode()]
    service.fault = Fault(kind="slow", slow_s=0.05)
    process = start_sync(store, service)
    while process.poll() is None:
        assert not any(KEY.encode() in command for command in commands().values())
        time.sleep(0.05)
    out, err = process.communicate()
    assert process.returncode == 0, err
    published = fwexp(
        "publish", "demo", "--store", str(store.path), environment=wandb_environment(service)
    )
    assert published.returncode == 0, published.stderr
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 100
    texts = [out, err, published.stdout, published.stderr, *map(_text, files)]
    assert not any(key in text for key in told for text in texts)
