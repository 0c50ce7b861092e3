"""What goes before queries and documents, so that a model reads them as it was trained to."""

from collections.abc import Iterator

from ingest.embedders.models import find_model
from ingest.errors import UsageError


def choose_prefixes(model_id: str, query: str | None = None, document: str | None = None) -> tuple[str, str]:
    """Choose the prefixes of queries and of documents: what was asked for, else what the model is known to need.

    query, document: None is unasked; "" asks for none.
    """
    model = find_model(model_id)
    known_query, known_document = (model.query_prefix, model.document_prefix) if model else ("", "")
    return known_query if query is None else query, known_document if document is None else document


def check_learned(service: str, model_id: str) -> None:
    """Raise UsageError for a model that a service told of only with the first texts, too late for its prefixes."""
    model = find_model(model_id)
    if model and (model.query_prefix or model.document_prefix):
        raise UsageError(f"{service} serves {model_id}, whose texts want prefixes: name it, --model {model_id}")


def describe_use(model_id: str, query: str, document: str) -> Iterator[str]:
    """Say what makes a known model search worse: other prefixes than its own, text that is not segmented."""
    model = find_model(model_id)
    if not model:
        return
    for side, given, known in (
        ("query", query, model.query_prefix),
        ("document", document, model.document_prefix),
    ):
        if given != known:
            yield f"--{side}-prefix {given!r} is used as asked; {model.id} was trained with {known!r}"
    if model.segmented:
        yield (
            f"{model.id} was trained on Vietnamese whose words were joined before ('đất_nước', by pyvi), which nobody "
            "does here: Alibaba-NLP/gte-multilingual-base or hiieu/halong_embedding reads plain text"
        )
