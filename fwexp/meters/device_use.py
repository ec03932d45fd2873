"""The processes computing on a run's GPUs, as nvidia-smi lists them."""

import os
import subprocess
from collections.abc import Collection
from dataclasses import dataclass

TIMEOUT_S = 30


@dataclass(frozen=True, kw_only=True)
class DeviceUse:
    """The processes on a run's GPUs at one moment: process ids by the GPU's UUID."""

    processes: dict[str, list[str]]
    unknown: str = ""  # why they are unknown


def device_use(*, num_devices: int = 1) -> DeviceUse:
    """The compute processes on the first visible GPUs, as many as the run uses."""
    try:
        uuids = _visible(_query("--query-gpu=index,uuid"), os.environ.get("CUDA_VISIBLE_DEVICES"))
        rows = _query("--query-compute-apps=pid,gpu_uuid")
        if len(uuids) < num_devices:
            raise LookupError(f"nvidia-smi lists {len(uuids)} of the run's {num_devices} GPUs")
    except LookupError as error:
        return DeviceUse(processes={}, unknown=str(error))
    return DeviceUse(
        processes={
            uuid: sorted({pid for pid, found in rows if found == uuid})
            for uuid in uuids[:num_devices]
        }
    )


def num_foreign(before: DeviceUse, after: DeviceUse, *, own: Collection[int]) -> int:
    """How many other processes used the GPUs before the run first used them, or after it.

    LookupError if the lists do not show it. Before, none can be the run's own. After, one per GPU
    is: in a container it may be listed under the host's process id, which it cannot know. A
    process that came and went in between is not seen.
    """
    num_before = sum(len(pids) for pids in before.processes.values())
    unknown = before.unknown or after.unknown
    if not unknown and not all(after.processes.values()):
        unknown = "nvidia-smi does not list even the run's own process"
    if unknown and not num_before:
        raise LookupError(unknown)
    mine = {str(pid) for pid in own}
    lists = [pids for pids in after.processes.values() if pids]
    num_after = sum(len(pids) - max(1, len(mine.intersection(pids))) for pids in lists)
    return max(num_before, num_after)


def _query(what: str) -> list[tuple[str, str]]:
    """The two columns asked for; LookupError says why there are none."""
    command = ["nvidia-smi", what, "--format=csv,noheader"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S)
    except FileNotFoundError:
        raise LookupError("this machine has no nvidia-smi") from None
    except subprocess.TimeoutExpired:
        raise LookupError(f"nvidia-smi did not answer within {TIMEOUT_S} s") from None
    if done.returncode != 0:
        told = (done.stdout + done.stderr).strip().splitlines()
        raise LookupError(f"nvidia-smi failed: {told[0] if told else done.returncode}")
    rows = [line.partition(",") for line in done.stdout.splitlines() if line.strip()]
    return [(first.strip(), second.strip()) for first, _, second in rows]


def _visible(gpus: list[tuple[str, str]], chosen: str | None) -> list[str]:
    """The UUIDs of the GPUs in CUDA_VISIBLE_DEVICES, in its order."""
    if chosen is None:
        return [uuid for _, uuid in gpus]
    found = []
    for name in filter(None, (word.strip() for word in chosen.split(","))):
        matching = [u for index, u in gpus if name == index or u.startswith(name)]
        if len(matching) != 1:
            raise LookupError(f"CUDA_VISIBLE_DEVICES={chosen}: nvidia-smi lists no such GPU")
        found += matching
    return found
