from collections.abc import Callable

import pytest
from check import Verdict
from contenders import OURS
from loopback import Manners, open_service, read_counts, read_texts
from processes import Cost
from scenarios import SCENARIOS, Outcome, choose, measure

from ingest.embedders.endpoint import Endpoint
from ingest.embedders.openai import OpenAI
from ingest.errors import IngestError
from ingest.protocols import Service

ROWS = 70


def test_this_tool_is_right_in_every_scenario(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QDRANT_TEST_URL", raising=False)
    outcomes = dict(measure(OURS, ROWS))
    assert [*outcomes] == [*SCENARIOS]
    for outcome in outcomes.values():
        assert outcome.cost.exit_code == 0, outcome.cost.output
        assert outcome.verdict.is_right
        assert outcome.verdict.right == ROWS
    assert (outcomes["unchanged"].requests, outcomes["unchanged"].texts) == (0, 0)
    assert outcomes["first"].texts == 2 * ROWS + 2  # each question alone, too, and the canaries
    assert outcomes["edited"].texts == 3 + 2 + 2  # three answers; a row that is new; one of the five was removed
    assert outcomes["lost"].texts <= 2


def test_of_several_rounds_the_fastest_counts_unless_one_came_to_nothing() -> None:
    whole, holed = Verdict(9, 0, 0, 0, 0), Verdict(8, 1, 0, 0, 0)
    outcomes = [
        Outcome(Cost(wall, 1.0, 1.0, exit_code, ""), 1, 0, 9, None, verdict)
        for wall, exit_code, verdict in [(2.0, 0, whole), (1.0, 0, whole), (9.0, 1, holed), (8.0, 0, holed)]
    ]
    assert choose(outcomes[:2]) is outcomes[1]
    assert choose(outcomes[:3]) is outcomes[2]
    assert choose(outcomes) is outcomes[3]
    assert [outcome.is_silent for outcome in outcomes] == [False, False, False, True]


@pytest.mark.parametrize("speak", [Endpoint, lambda url: OpenAI(url, model="model")])
def test_the_service_counts_what_it_answers_and_refuses_too_many_texts(speak: Callable[[str], Service]) -> None:
    with open_service(Manners(most=3)) as url:
        service = speak(url)
        before = read_counts(url)
        vectors = service.embed(["one", "two", "three"])
        again = service.embed(["three"])
        with pytest.raises(IngestError):
            service.embed(["text"] * 4)
        counts = read_counts(url) - before
        assert (counts[200], counts[422]) == (2, 1)
        assert read_texts(url) == 4
    assert (vectors[2] == again[0]).all()
    assert not (vectors[0] == vectors[1]).all()
