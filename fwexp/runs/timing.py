"""What is known about a run's time before its first step."""

import time
from dataclasses import dataclass, field

from fwexp.meters.device_use import DeviceUse


@dataclass(kw_only=True)
class Timing:
    """What the server knew (moments by time.monotonic()), and the first phases."""

    dispatched_at: float
    import_s: float
    import_rss_mib: float
    left_out_s: float = 0.0  # waits for a lock another process held, and interruptions
    start_s: float = 0.0
    data_s: float = 0.0
    build_s: float = 0.0
    device_before: DeviceUse | None = field(default=None, init=False)  # a GPU's, untouched yet

    def since_dispatch_s(self) -> float:
        """The time until now, without what is left out."""
        return time.monotonic() - self.dispatched_at - self.left_out_s

    def go_on_from(self, elapsed_s: float) -> None:
        """Count from now as if `elapsed_s` had passed: what the run had used when it was saved."""
        self.left_out_s = time.monotonic() - self.dispatched_at - elapsed_s
