"""A share of the origins: what one of several machines does of a corpus, without a word to the others."""

import re
import unicodedata
from dataclasses import dataclass
from hashlib import sha256

from ingest.errors import UsageError

MOST = 4_096  # shares: each has a record of its own, which every other reads
_HASHED = 8  # bytes of the hash that decide: with 64 bits no share of thousands is measurably larger than another


@dataclass(frozen=True, slots=True)
class Share:
    """The number-th of so many shares, counted from 1; 1 of 1 is everything."""

    number: int = 1
    of: int = 1

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    @property
    def is_whole(self) -> bool:
        """Whether every origin falls to it."""
        return self.of == 1

    def owns(self, origin: str) -> bool:
        """Say whether an origin falls to this share."""
        return self.is_whole or find_number(origin, self.of) == self.number


WHOLE = Share()


def find_number(origin: str, of: int) -> int:
    """Find the number of the share that an origin falls to, of so many, on every machine alike.

    It is the first 8 bytes of SHA-256 (FIPS 180-4) over the origin, in NFC and UTF-8, as one big-endian number, modulo
    `of`, plus 1.
    """
    text = unicodedata.normalize("NFC", origin).encode("utf-8", "surrogatepass")
    return int.from_bytes(sha256(text).digest()[:_HASHED], "big") % of + 1


def read_share(text: str) -> Share:
    """Read a share as a person writes it, "3/8". Raises UsageError for what is none."""
    found = re.fullmatch(r"\s*([0-9]{1,6})\s*/\s*([0-9]{1,6})\s*", text)
    number, of = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 1 <= number <= of:
        raise UsageError(
            f"--share {text!r} is no share: write 1/8 to 8/8, counted from 1. JOB_COMPLETION_INDEX of a Kubernetes "
            'Job counts from 0: --share "$((JOB_COMPLETION_INDEX + 1))/8"'
        )
    if of > MOST:
        raise UsageError(f"--share {text!r}: a corpus is divided into {MOST} shares at most: give each more files")
    return Share(number, of)


def refuse_share(share: Share, *, adopt: bool, rebuild: bool) -> None:
    """Raise UsageError for what a share can't do, since it takes all of the sources."""
    if share.is_whole:
        return
    if rebuild:
        raise UsageError(
            f"--rebuild switches to a collection that holds everything, and --share {share} fills a part of one: leave "
            "--share out; or let the shares fill another collection (--collection), and applications change to that"
        )
    if adopt:
        raise UsageError(
            "--adopt deletes what another program made once all of the sources are written, which --share "
            f"{share} can't tell: first run --adopt --limit 0 without --share, then the shares, then --adopt once more"
        )
