"""The tree of errors; each class carries the exit code that a command ends with.

    IngestError
    ├── UsageError              2
    │   └── CredentialError     2
    ├── ItemsSkipped            3
    ├── SourceError             4
    ├── EmbeddingError          5
    │   ├── CreditsError        5
    │   ├── UnavailableError    5   wait and try again
    │   └── RefusedError        5   halve the batch and try again
    ├── StoreError              6
    │   └── IdentityError       6
    ├── GuardError              7
    ├── VerificationError       8
    ├── StaleError              9
    ├── LockedError            75
    ├── Interrupted           130
    └── Terminated            143

A message is one line that names the thing, the value and the way out, and never a secret. The first line of each
docstring is the meaning of its exit code in the README.
"""

from typing import ClassVar


class IngestError(Exception):
    """Any failure that this package foresees."""

    exit_code: ClassVar[int]


class UsageError(IngestError):
    """Usage or configuration: a bad flag, a missing or rejected credential."""

    exit_code = 2


class CredentialError(UsageError):
    """A credential is missing, was rejected, or lacks a right."""


class ItemsSkipped(IngestError):  # noqa: N818 - it says what happened to the items, the run itself went well
    """Finished, but some items were skipped: each is named in the report."""

    exit_code = 3


class SourceError(IngestError):
    """A source could not be read at all."""

    exit_code = 4


class EmbeddingError(IngestError):
    """The embedding service failed for good."""

    exit_code = 5


class CreditsError(EmbeddingError):
    """The account has no credits left."""


class UnavailableError(EmbeddingError):
    """The service cannot answer now; the same request may succeed later.

    retry_after: seconds that the service asked to wait, None where it said nothing.
    timed_out: the service took too long over the request, so that a smaller one may succeed.
    unreachable: no connection to the host was ever made: name not resolved, refused, TLS.
    throttled: it took the request for one too many, so that fewer may succeed.
    starting: it may not be up yet: its model is loading, or it was scaled to zero.
    loads: seconds until its model is loaded, as it guesses; None where it said nothing.
    """

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        timed_out: bool = False,
        unreachable: bool = False,
        throttled: bool = False,
        starting: bool = False,
        loads: float | None = None,
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.timed_out = timed_out
        self.unreachable = unreachable
        self.throttled = throttled
        self.starting = starting
        self.loads = loads


class RefusedError(EmbeddingError):
    """The service refuses these texts as they are sent: too many, too long, or one of them poisonous.

    perhaps_transient: the service says the same of a passing fault, so that one retry is due before halving.
    """

    def __init__(self, message: str, *, perhaps_transient: bool = False) -> None:
        super().__init__(message)
        self.perhaps_transient = perhaps_transient


class StoreError(IngestError):
    """The store failed, or holds another model's vectors."""

    exit_code = 6


class IdentityError(StoreError):
    """The collection holds vectors of another model, or was not made by this tool."""


class GuardError(IngestError):
    """Refused: the run would delete too much, or drop what it does not name."""

    exit_code = 7


class VerificationError(IngestError):
    """`verify`: the collection and the sources differ."""

    exit_code = 8


class StaleError(IngestError):
    """`info --max-age`: the last complete run of a dataset is too old."""

    exit_code = 9


class LockedError(IngestError):
    """Another run holds the lock."""

    exit_code = 75


class Interrupted(IngestError):  # noqa: N818 - named like the signal
    """Interrupted."""

    exit_code = 130


class TerminationSignal(KeyboardInterrupt):
    """SIGTERM, raised in the main thread like Ctrl-C, so that no `except Exception` on the way can swallow it."""


class Terminated(IngestError):  # noqa: N818 - named like the signal
    """Terminated."""

    exit_code = 143


def read_signal(received: KeyboardInterrupt) -> Interrupted | Terminated:
    """Give the error that a run ends with at Ctrl-C or SIGTERM."""
    word, kind = ("terminated", Terminated) if isinstance(received, TerminationSignal) else ("interrupted", Interrupted)
    return kind(f"{word}; what was written stays, and the next run goes on from there")
