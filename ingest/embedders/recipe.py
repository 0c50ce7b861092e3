"""What it takes to open the embedder that made a collection again."""

from dataclasses import dataclass

from ingest.model import Collection

HASHING = "hashing"


@dataclass(frozen=True, slots=True)
class Recipe:
    """The arguments of `open_embedder` that decide what the vectors are; the fields are named like them."""

    spec: str
    model: str
    provider: str
    query_prefix: str
    document_prefix: str
    pooling: str
    quantised: bool


def read_recipe(collection: Collection) -> Recipe:
    """Read it off what a collection recorded: its identity, and the name of the service, which names its spec."""
    identity, service = collection.identity, collection.service
    if identity.model.startswith(HASHING):
        spec, provider = HASHING, ""
    elif service == "local" or "://" in service or service.startswith("sagemaker:"):
        spec, provider = service, ""
    else:
        spec, provider = "hf", service
    return Recipe(
        spec=spec,
        model="" if spec == HASHING else identity.model,
        provider=provider,
        query_prefix=identity.query_prefix,
        document_prefix=identity.document_prefix,
        pooling=identity.pooling,
        quantised=bool(identity.quantisation),
    )
