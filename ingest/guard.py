"""How much a run may delete, and the refusal of more."""

from dataclasses import dataclass

from ingest.errors import GuardError, UsageError

EVERYTHING = "100%"
SMALL = 20  # chunks; a dataset of more that would keep nothing is another folder of the same name


@dataclass(frozen=True, slots=True)
class Guard:
    """The bound on what one dataset may lose in a run, or all shares of it in one of each.

    limit: chunks as a number ("120") or a share of the dataset ("50%"). "100%" is the word of a person who means it:
    it alone allows what is refused however small.
    command: what was run, for the sentence that says how to go on.
    """

    limit: str = "50%"
    command: str = "create-vector-db …"

    def __post_init__(self) -> None:
        number = self.limit.removesuffix("%")
        if not number.isdecimal() or (self.limit.endswith("%") and int(number) > 100):  # noqa: PLR2004 - per cent
            raise UsageError(f"--max-delete {self.limit!r} is neither a number of chunks (120) nor a share (50%)")

    def check(
        self,
        name: str,
        *,
        before: int,
        lost: int,
        after: int,
        nothing_remains: bool,
        kind: str = "dataset",
        meant: int | None = None,
        stored: int = 0,
    ) -> None:
        """Raise GuardError where `lost` of the `before` chunks are more than allowed.

        name, kind: what would lose them, and what that is. after: its chunks once all is done.
        nothing_remains: no origin that was stored is there any more. meant: the limit that would allow it, `lost` by
        default. stored: the chunks that are there, where that may be more than `before`, see `baseline`.
        """
        if self.limit == EVERYTHING or not lost:
            return
        subject = f"{kind} {name!r}"
        if not after:
            raise self._refuse(subject, f"all {before} chunks would be deleted and nothing would replace them", None)
        if nothing_remains and before > SMALL:
            raise self._refuse(
                subject,
                f"none of the files behind its {before} chunks is there any more. Another folder of the same name "
                "wants a --dataset of its own",
                None,
            )
        if lost > self.allow(before):
            of = f" of the {before} that the last run that was allowed left" if stored > before else ""
            reason = f"{lost} of {max(before, stored)} chunks would be deleted, more than {self.limit}{of}"
            raise self._refuse(subject, reason, meant or lost)

    def allow(self, before: int) -> int:
        """Tell how many of so many chunks may be deleted."""
        if self.limit.endswith("%"):
            return before * int(self.limit.removesuffix("%")) // 100
        return int(self.limit)

    def _refuse(self, subject: str, reason: str, lost: int | None) -> GuardError:
        way_out = f"{self.command} --max-delete {EVERYTHING if lost is None else lost}"
        return GuardError(f"{subject}: nothing deleted: {reason}. If that is meant: {way_out}")
