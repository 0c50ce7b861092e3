# ruff: noqa: INP001 - each benchmark is run alone, they are no package
"""LlamaIndex's ingestion pipeline, as its documentation says: a document store, `upserts_and_delete`, `persist`.

Run by `python benchmarks/peers`: `with_llamaindex.py WORKBOOK SERVICE STORE COLLECTION FOLDER`. It is asked by `arun`,
so that requests to the service go side by side; its cache is off, since that knows only all texts of a run together.
"""

import asyncio
import sys
from pathlib import Path

from llama_index.core import Document
from llama_index.core.ingestion import DocstoreStrategy, IngestionPipeline
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.storage.docstore import SimpleDocumentStore
from llama_index.embeddings.openai_like import OpenAILikeEmbedding
from llama_index.vector_stores.qdrant import QdrantVectorStore
from qdrant_client import AsyncQdrantClient, QdrantClient
from rows import MODEL, read_rows

MOST = 32  # texts of one request: the service takes no more
WORKERS = 8  # requests side by side, as many as create-vector-db has


async def fill(workbook: Path, service: str, store: str, collection: str, folder: Path) -> None:
    """Run the pipeline over the rows of the workbook, each a document with the question as its id."""
    target = QdrantVectorStore(
        collection_name=collection,
        client=QdrantClient(url=store, check_compatibility=False),
        aclient=AsyncQdrantClient(url=store, check_compatibility=False),
    )
    embedding = OpenAILikeEmbedding(
        model_name=MODEL,
        api_base=f"{service}/v1",
        api_key="none",
        embed_batch_size=MOST,
        num_workers=WORKERS,
    )
    pipeline = IngestionPipeline(
        transformations=[SentenceSplitter(), embedding],
        vector_store=target,
        docstore=SimpleDocumentStore(),
        docstore_strategy=DocstoreStrategy.UPSERTS_AND_DELETE,
        disable_cache=True,
    )
    kept = folder / "pipeline"
    if kept.exists():
        pipeline.load(str(kept))
    documents = [
        Document(
            id_=row.question,
            text=row.text,
            metadata={"source": row.source},
            excluded_embed_metadata_keys=["source"],  # else it would be embedded too
        )
        for row in read_rows(workbook)
    ]
    nodes = await pipeline.arun(documents=documents)
    pipeline.persist(str(kept))
    print(f"{len(nodes)} nodes written")


if __name__ == "__main__":
    asyncio.run(fill(Path(sys.argv[1]), *sys.argv[2:5], Path(sys.argv[5])))
