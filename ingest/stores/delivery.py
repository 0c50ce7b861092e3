"""How a write to a server is made: until it says that it is made, and in parts where it takes no more at once."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

from qdrant_client import models

from ingest.stores.batches import cut
from ingest.stores.failures import Kind, LimitedError, NotApplied, read_failure
from ingest.stores.patience import Asked, Patience

_GATEWAY_TIMEOUT = "504"  # how a proxy puts it that the server took too long


class TooSlow(Exception):  # noqa: N818 - it says how it went
    """Items that took too long together, of which one may take as long as many."""


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

    def send(self, request: Callable[[list[Any]], Any], items: list[Any], *, unequal: bool = False) -> None:
        """Write a batch. What a server never lets through at once is halved, and so are the batches after it.

        unequal: some items may take much longer than others. Of those that take too long at once, each is made alone.
        """
        try:
            self.make(partial(_refuse_slow, request) if unequal and len(items) > 1 else request, items)
        except TooSlow:
            self._divide(request, items, 1, unequal=unequal)
        except LimitedError:
            half = len(items) // 2
            if not half:
                raise
            self._divide(request, items, half, unequal=unequal)

    def _divide(self, request: Callable[[list[Any]], Any], items: list[Any], size: int, *, unequal: bool) -> None:
        self.most = min(self.most, size)
        for some in cut(items, size):
            self.send(request, some, unequal=unequal)


def _refuse_slow(request: Callable[[list[Any]], Any], items: list[Any]) -> Any:  # noqa: ANN401 - what the client gives
    """Make a request; raise TooSlow for what is not made in time."""
    try:
        return request(items)
    except Exception as error:
        failure = read_failure(error)
        if failure and (failure.kind is Kind.SLOW or failure.status == _GATEWAY_TIMEOUT):
            raise TooSlow from error
        raise
