"""What the doctor found: one check each, and the exit code that a run would end with."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum

from ingest.errors import IngestError
from ingest.model import Json
from ingest.report import PRECEDENCE


class Status(StrEnum):
    """How a check ended. Skipped: there was nothing to look at, or what it tells decides nothing."""

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting by the name of its flag, its value without a secret, and where it came from."""

    name: str
    value: str
    origin: str


@dataclass(frozen=True, slots=True)
class Check:
    """One look at one thing, told in a sentence.

    details: the same and more, for a program. notes: what was decided on the way.
    hosts: who is asked for it, with the port where one was named.
    error: what a run would end with; set where, and only where, the check failed.
    """

    name: str
    status: Status
    sentence: str
    details: Mapping[str, Json] = field(default_factory=dict)
    notes: Sequence[str] = ()
    hosts: tuple[str, ...] = ()
    error: IngestError | None = None


@dataclass(frozen=True, slots=True)
class Examination:
    """Everything that was looked at. versions: of this program, of Python, and of the libraries that ask services."""

    versions: Mapping[str, str]
    settings: Sequence[Setting]
    checks: Sequence[Check]

    @property
    def failure(self) -> IngestError | None:
        """The error that a run would end with, by the precedence of a run's own; None where it would work."""
        errors = [check.error for check in self.checks if check.error]
        return min(errors, key=_rank, default=None)

    @property
    def exit_code(self) -> int:
        """0 where a run would work, else that of its failure."""
        return self.failure.exit_code if self.failure else 0

    @property
    def hosts(self) -> Sequence[str]:
        """Every host that the checks ask, once, in order."""
        return list(dict.fromkeys(host for check in self.checks for host in check.hosts))

    def as_json(self) -> Mapping[str, Json]:
        """Give the whole examination as one JSON object."""
        return {
            "exit_code": self.exit_code,
            "versions": dict(self.versions),
            "settings": [asdict(setting) for setting in self.settings],
            "checks": [
                {
                    "name": check.name,
                    "status": check.status.value,
                    "sentence": check.sentence,
                    "notes": list(check.notes),
                    "details": dict(check.details),
                }
                for check in self.checks
            ],
            "hosts": self.hosts,
        }


def _rank(error: IngestError) -> int:
    return next((rank for rank, kind in enumerate(PRECEDENCE) if isinstance(error, kind)), len(PRECEDENCE))
