"""The options that say how texts are cut, for every command that cuts them, declared once."""

from dataclasses import dataclass
from typing import Annotated

from ingest.chunking import OVERLAP
from ingest.settings import flag


@dataclass(frozen=True, slots=True)
class Cutting:
    """How to cut; None is unset: as a dataset was cut before, where there is one, else by the model's window."""

    chunk_size: Annotated[
        str | None,
        flag(
            "--chunk-size",
            metavar="CHARACTERS|TOKENSt",
            help="What a chunk holds with its prefix: characters, or tokens as 126t. Default: what the model reads. A "
            "run keeps to what a dataset was cut by before; another size wants --rechunk.",
        ),
    ] = None
    chunk_overlap: Annotated[
        int | None,
        flag("--chunk-overlap", metavar="CHARACTERS", help=f"Characters that chunks share. Default: {OVERLAP}."),
    ] = None
