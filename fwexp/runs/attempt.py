"""One process's attempt at a run: what it resumes from, and what it leaves for the next."""

import socket
from datetime import UTC, datetime
from pathlib import Path

from fwexp.runs.random_state import random_state, set_random_state
from fwexp.runs.timing import Timing
from fwexp.store.checkpoint import (
    Checkpoint,
    Trained,
    UnusableCheckpoint,
    arithmetic,
    has_checkpoint,
    read_checkpoint,
    write_checkpoint,
)
from fwexp.store.record import Interruption, RunRecord
from fwexp.store.run_folder import RunFolder
from fwexp.trainers.protocol import Trainer


class Attempt:
    """Resumes from the checkpoint in the run's folder, if one fits."""

    def __init__(
        self, record: RunRecord, timing: Timing, folder: RunFolder, *, num_threads: int | None
    ) -> None:
        assert num_threads is not None  # config/resolve.py
        self.record = record
        self.timing = timing
        self.folder = folder
        self.num_threads = num_threads
        self.earlier: Checkpoint | None = None
        self.files: Path | None = None  # the trainer's, if there is an earlier checkpoint
        if has_checkpoint(folder.checkpoints):
            self._take_up()

    @property
    def first_step(self) -> int:
        """How many steps are already done."""
        return self.earlier.step if self.earlier else 0

    def _take_up(self) -> None:
        here = arithmetic(num_threads=self.num_threads)
        try:
            self.earlier, self.files = read_checkpoint(
                self.folder.checkpoints, run_id=self.record.run_id, here=here
            )
        except UnusableCheckpoint as error:
            print(f"not resumed: {error}; the run starts again from step 0", flush=True)
            self.folder.discard_checkpoints()
        else:
            saved = f"saved at {self.earlier.saved_at} on {self.earlier.host}"
            print(f"resumed after step {self.first_step}, {saved}", flush=True)

    def restore(self, trainer: Trainer) -> None:
        """Restore the trainer, Python and NumPy to the checkpoint."""
        if self.earlier is not None and self.files is not None:
            trainer.restore(self.files)
            set_random_state(self.earlier.random_state)

    def begin(self) -> None:
        """The next step is about to start: an interruption, if there was one, ends here."""
        if self.earlier is None:
            return
        now = datetime.now(UTC)
        lost_s = (now - datetime.fromisoformat(self.earlier.saved_at)).total_seconds()
        interruption = Interruption(
            step=self.earlier.step,
            saved_at=self.earlier.saved_at,
            resumed_at=now.isoformat(timespec="milliseconds"),
            lost_s=lost_s,
        )
        self.record.interruptions = [*self.earlier.interruptions, interruption]
        self.record.started_at = self.earlier.started_at
        self.timing.start_s = self.earlier.start_s
        self.timing.data_s = self.earlier.data_s
        self.timing.build_s = self.earlier.build_s
        self.timing.go_on_from(self.earlier.elapsed_s)

    def keep(self, trainer: Trainer, trained: Trained) -> None:
        """Save everything another process needs to resume from here."""
        checkpoint = Checkpoint(
            run_id=self.record.run_id,
            step=len(trained.losses),
            arithmetic=arithmetic(num_threads=self.num_threads),
            trained=trained,
            started_at=self.record.started_at,
            start_s=self.timing.start_s,
            data_s=self.timing.data_s,
            build_s=self.timing.build_s,
            elapsed_s=self.timing.since_dispatch_s(),
            interruptions=self.record.interruptions,
            saved_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
            host=socket.gethostname(),
            random_state=random_state(),
        )
        write_checkpoint(self.folder.checkpoints, checkpoint, trainer.save)
