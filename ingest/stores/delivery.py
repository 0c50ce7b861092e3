"""How a write to a server is made: until it says that it is made, and in parts where it takes no more at once."""

import math
from collections.abc import Callable
from typing import Any

from qdrant_client import models

from ingest.stores.batches import cut
from ingest.stores.failures import LimitedError, NotApplied
from ingest.stores.patience import Asked, Patience


class Delivery:
    """Makes writes of one run. Safe to call from several threads.

    most: items of one write, as far as the server was found to let through.
    """

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self.most: float = math.inf

    def make(self, request: Callable[Asked, Any], *args: Asked.args, **kwargs: Asked.kwargs) -> None:
        """Make a write again until the server says that it is made: a repeated one changes nothing more."""

        def checked() -> None:
            answer = request(*args, **kwargs)
            for result in answer if isinstance(answer, list) else [answer]:
                if result.status != models.UpdateStatus.COMPLETED:
                    raise NotApplied(f"the write was accepted and not made in time ({result.status.value})")

        self._patience.ask(checked)

    def send(self, request: Callable[[list[Any]], Any], items: list[Any]) -> None:
        """Write a batch. What a server never lets through at once is halved, and so are the batches after it."""
        try:
            self.make(request, items)
        except LimitedError:
            half = len(items) // 2
            if not half:
                raise
            self.most = min(self.most, half)
            for some in cut(items, half):
                self.send(request, some)
