"""Waits of an upload that suit a service on loopback.

As a program, `python -m tests.tracking.short_waits MODULE ARGUMENT…` is `python -m MODULE …`.
"""

import runpy
import sys

from fwexp.tracking.wandb import sync, upload


def shorten_waits() -> None:
    upload.POLL_S = 0.05
    sync.CHECK_S = 0.1
    sync.IN_FLIGHT_S = 1.5
    sync.COUNT_S = 3.0


if __name__ == "__main__":
    del sys.argv[0]
    shorten_waits()
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
