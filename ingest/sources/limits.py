"""What reading one workbook may take, and what is said of one that would take more."""

import signal
from dataclasses import dataclass

_SMALLER = "delete the rows and columns beyond your table, or split it"
_COUNTED = hasattr(signal, "setitimer")  # Windows has none: there the process can't end itself


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one workbook.

    memory: bytes. seconds, seconds_per_megabyte: of the processor's time, which a busy machine does not shorten.
    patience: how many times those seconds one answer is waited for. That is long enough for a process that gets a tenth
    of the processor; where a process can't count its own time, the waiting is all there is to count.
    """

    memory: int = 3 << 30
    seconds: float = 15.0
    seconds_per_megabyte: float = 5.0
    patience: float = 10.0 if _COUNTED else 1.0

    def allow(self, content: bytes) -> float:
        """Give the seconds of the processor for this workbook."""
        return self.seconds + self.seconds_per_megabyte * len(content) / 1_000_000

    def wait(self, content: bytes) -> float:
        """Give the seconds that one answer about this workbook is waited for."""
        return self.patience * self.allow(content)

    def describe_work(self, content: bytes) -> str:
        """Say that it took too much of the processor's time."""
        return f"reading it took more than {self.allow(content):.3g} seconds of processor time; {_SMALLER}"

    def describe_silence(self, content: bytes) -> str:
        """Say that no answer came."""
        return (
            f"its reader gave no answer for {self.wait(content):.3g} seconds; "
            f"run again when the machine has less to do, or {_SMALLER}"
        )

    def describe_memory(self) -> str:
        """Say that it took too much memory."""
        return f"reading it takes more than {self.memory / (1 << 30):.1f} GiB of memory; {_SMALLER}"
