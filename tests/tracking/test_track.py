"""`tracking=wandb_online`: offline runs, uploaded after the runs if the service answers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fwexp.config.schema import Tracking
from fwexp.store.store import Store
from fwexp.tracking.track import track
from tests.tracking.service import Fault, Service, serve
from tests.tracking.simulated import (
    sweep_folders,
    uploaded_rows,
    wandb_environment,
)

SOON_S = 1.5  # where the service is not to answer


pytestmark = pytest.mark.usefixtures("quick_mirror")


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    with serve() as service:
        for name, value in wandb_environment(service).items():
            monkeypatch.setenv(name, value)
        yield service


def track_demo(store: Store, *, answer_s: float = 30.0) -> None:
    track(
        store.path,
        folders=sweep_folders(store),
        tracking=Tracking(name="wandb_online", project="fwexp", answer_timeout_s=answer_s),
        group="demo",
    )


def test_a_sweep_goes_to_the_service(
    store: Store, service: Service, capfd: pytest.CaptureFixture[str]
) -> None:
    track_demo(store)
    out, err = capfd.readouterr()
    assert out.splitlines() == [
        "13 W&B offline runs written under the store",
        f"13 uploaded to {service.url}/team/fwexp",
    ]
    assert err == ""
    assert {len(rows) for rows in uploaded_rows(service).values()} == {221}
    assert not list((store.path / "wandb").glob("upload-*"))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["refuse", "hang"])
def test_a_service_that_does_not_answer_leaves_the_runs_offline(
    store: Store, service: Service, capfd: pytest.CaptureFixture[str], kind: str
) -> None:
    if kind == "refuse":
        service.refuse()
    else:
        service.fault = Fault(kind="hang")
    track_demo(store, answer_s=SOON_S)
    out, err = capfd.readouterr()
    assert out == "13 W&B offline runs written under the store\n"
    assert err.startswith(
        f"warning: W&B runs stay offline: {service.url} did not answer within 1.5 s ("
    )
    assert err.endswith("; run fwexp sync later\n")
    assert service.runs() == {}

    service.recover()
    if kind == "refuse":
        service.start()
    track_demo(store)  # the same command again
    assert "13 uploaded to" in capfd.readouterr().out
    assert len(uploaded_rows(service)) == 12


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["403", "hang"])
def test_an_upload_that_breaks_off_is_given_up_and_done_later(
    store: Store, service: Service, capfd: pytest.CaptureFixture[str], kind: str
) -> None:
    service.fault = Fault(kind=kind, only="/file_stream", after_rows=500)
    track_demo(store, answer_s=SOON_S)
    out, err = capfd.readouterr()
    assert out == "13 W&B offline runs written under the store\n"
    assert err.startswith("warning: some W&B runs stay offline: ")
    assert err.endswith("; run fwexp sync later\n")
    assert 500 <= service.num_rows() < 12 * 221

    service.recover()
    track_demo(store)
    out, err = capfd.readouterr()
    assert (" uploaded to " in out, err) == (True, "")
    assert [len(rows) for rows in uploaded_rows(service).values()] == [221] * 12
    assert service.data.num_resent == 0


@pytest.mark.slow
def test_a_sweep_is_not_tried_where_none_of_its_runs_was_taken(
    store: Store, service: Service, capfd: pytest.CaptureFixture[str]
) -> None:
    service.fault = Fault(kind="403", only="/file_stream")
    track_demo(store, answer_s=SOON_S)
    assert "0 uploaded to" in capfd.readouterr().err
    assert {run.fields["jobType"] for run in service.runs().values()} == {"train"}

    service.recover()
    track_demo(store)
    assert "13 uploaded to" in capfd.readouterr().out


def test_a_key_that_may_not_write(
    store: Store, service: Service, capfd: pytest.CaptureFixture[str]
) -> None:
    service.fault = Fault(kind="403")
    track_demo(store)
    err = capfd.readouterr().err
    assert err.startswith(f"warning: W&B runs stay offline: logging in at {service.url} failed")


def test_without_a_key(
    store: Store,
    service: Service,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("WANDB_API_KEY")
    track_demo(store)
    err = capfd.readouterr().err
    assert err.startswith(f"warning: W&B runs stay offline: no API key for {service.url}: ")


def test_an_address_that_is_none_leaves_the_runs_offline(
    store: Store, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in wandb_environment(None, WANDB_BASE_URL="wandb.example.com").items():
        monkeypatch.setenv(name, value)
    track_demo(store)
    out, err = capfd.readouterr()
    assert out == "13 W&B offline runs written under the store\n"
    assert err.startswith(
        "warning: W&B runs stay offline: WANDB_BASE_URL=wandb.example.com: not the address of a "
    )


def test_the_address_of_wandb_login(
    store: Store, service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / ".config" / "wandb" / "settings"
    settings.parent.mkdir(parents=True)
    settings.write_text(f"[default]\nbase_url = {service.url}\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("WANDB_BASE_URL")
    track_demo(store)
    assert len(uploaded_rows(service)) == 12


@pytest.mark.usefixtures("service")
@pytest.mark.parametrize("spoilt", ["wandb/mirror.log", "wandb"])
def test_an_upload_that_cannot_start_is_told(
    store: Store, capfd: pytest.CaptureFixture[str], spoilt: str
) -> None:
    track_demo(store)
    capfd.readouterr()
    path = store.path / spoilt
    path.rename(store.path / "away")
    if spoilt == "wandb":
        path.write_text("a file where the folder should be")
    else:
        path.mkdir()
    track_demo(store)
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("warning: the upload to W&B did not finish: [Errno ")
