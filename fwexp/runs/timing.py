"""What is known of a run's time before its first step."""

import time
from dataclasses import dataclass, field

from fwexp.meters.device_use import DeviceUse


@dataclass(kw_only=True)
class Timing:
    """What the server knew, in time.monotonic() where it is a moment, and the first phases."""

    dispatched_at: float
    import_s: float
    import_rss_mib: float
    left_out_s: float = 0.0  # waits for a lock another process held, and interruptions
    start_s: float = 0.0
    data_s: float = 0.0
    build_s: float = 0.0
    device_before: DeviceUse | None = field(default=None, init=False)  # a GPU's, untouched yet

    def since_dispatch_s(self) -> float:
        """Until now, what is left out left out."""
        return time.monotonic() - self.dispatched_at - self.left_out_s

    def go_on_from(self, elapsed_s: float) -> None:
        """From now on count as if `elapsed_s` had passed: what a run had used when it was saved."""
        self.left_out_s = time.monotonic() - self.dispatched_at - elapsed_s
