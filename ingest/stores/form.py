"""How a server is to keep a collection: what is chosen once, when it is made."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields

from ingest.errors import UsageError
from ingest.model import Json

QUANTIZATIONS = ("scalar", "binary", "none")


@dataclass(frozen=True, slots=True)
class Form:
    """What is asked for; None leaves it to the server.

    shard_number: shards. replication_factor: copies of each on other nodes. write_consistency_factor: copies that must
    take a write. on_disk: vectors are read from disk. quantization: "scalar" (int8) or "binary", of copies of the
    vectors that are held in memory, or "none".
    Raises UsageError for what no collection can have.
    """

    shard_number: int | None = None
    replication_factor: int | None = None
    write_consistency_factor: int | None = None
    on_disk: bool | None = None
    quantization: str | None = None

    def __post_init__(self) -> None:
        for name in ("shard_number", "replication_factor", "write_consistency_factor"):
            if (number := getattr(self, name)) is not None and number < 1:
                raise UsageError(f"{name_flag(name)} {number}: it is at least 1")
        if self.quantization not in (None, *QUANTIZATIONS):
            raise UsageError(f"--quantization {self.quantization}: it is one of {', '.join(QUANTIZATIONS)}")
        copies, needed = self.replication_factor, self.write_consistency_factor
        if needed is not None and copies is not None and needed > copies:
            raise UsageError(
                f"--write-consistency-factor {needed} wants more copies than --replication-factor {copies} makes"
            )

    def list_wanted(self) -> Iterator[tuple[str, Json]]:
        """List what is asked for, by name."""
        for field in fields(self):
            if (value := getattr(self, field.name)) is not None:
                yield field.name, value

    def list_differences(self, there: Mapping[str, Json]) -> list[str]:
        """Say what of a collection is not as it is asked for, with both values; `there` is what `read_form` gave."""
        return [
            f"{name.replace('_', ' ')} is {show(there.get(name))}, not {show(value)} ({name_flag(name)})"
            for name, value in self.list_wanted()
            if there.get(name) != value
        ]


ANY = Form()


def name_flag(name: str) -> str:
    """Give the flag of a field."""
    return f"--{name.replace('_', '-')}"


def show(value: Json) -> str:
    """Show a value to a person."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value)
