# ruff: noqa: INP001 - each benchmark is run alone, they are no package
"""Where the time of a run goes: seconds of CPU by stage, each without the stages that it calls."""

import functools
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any


class Stages:
    """Adds up what threads spend in functions, under the name of a stage. seconds: by stage, so far."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self._here = threading.local()

    def watch(self, owner: object, name: str, stage: str) -> None:
        """Let a function, a method or a generator of a module or a class count for a stage from now on."""
        function: Callable[..., Any] = getattr(owner, name)

        @functools.wraps(function)
        def watched(*args: object, **named: object) -> object:
            result = self._spend(stage, lambda: function(*args, **named))
            return self._follow(stage, result) if isinstance(result, Iterator) else result

        setattr(owner, name, watched)

    def _follow(self, stage: str, steps: Iterator[object]) -> Iterator[object]:
        end = object()
        while (step := self._spend(stage, lambda: next(steps, end))) is not end:
            yield step

    def _spend(self, stage: str, work: Callable[[], object]) -> object:
        inner: list[float] = self._here.__dict__.setdefault("inner", [0.0])
        started = time.thread_time()
        inner.append(0.0)
        try:
            return work()
        finally:
            spent = time.thread_time() - started
            self.seconds[stage] += spent - inner.pop()
            inner[-1] += spent
