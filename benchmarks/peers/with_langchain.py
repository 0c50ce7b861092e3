# ruff: noqa: INP001 - each benchmark is run alone, they are no package
"""LangChain's indexing API, as its documentation says: a record manager in SQLite, and `cleanup="full"`.

Run by `python benchmarks/peers`: `with_langchain.py WORKBOOK SERVICE STORE COLLECTION FOLDER`.
"""

import sys
import warnings
from pathlib import Path

from langchain_classic.indexes import SQLRecordManager
from langchain_core.documents import Document
from langchain_core.indexing import index
from langchain_openai import OpenAIEmbeddings
from langchain_qdrant import QdrantVectorStore
from qdrant_client import QdrantClient, models
from rows import MODEL, read_rows

MOST = 32  # texts of one request: the service takes no more
AT_ONCE = 128  # documents that are looked at together: two writes of 64, which is the vector store's number


def fill(workbook: Path, service: str, store: str, collection: str, folder: Path) -> None:
    """Index the rows of the workbook; prints what `index` says."""
    warnings.filterwarnings("ignore", "Using SHA-1")  # the ids that it makes of other digests are refused by Qdrant
    client = QdrantClient(url=store, check_compatibility=False)
    if not client.collection_exists(collection):
        client.create_collection(collection, models.VectorParams(size=768, distance=models.Distance.COSINE))
    embeddings = OpenAIEmbeddings(
        model=MODEL,
        base_url=f"{service}/v1",
        api_key="none",
        check_embedding_ctx_length=False,  # else it sends the numbers of OpenAI's tokens
        chunk_size=MOST,
    )
    records = SQLRecordManager(f"qdrant/{collection}", db_url=f"sqlite:///{folder}/records.sqlite")
    records.create_schema()
    documents = [
        Document(page_content=row.text, metadata={"source": row.source, "question": row.question})
        for row in read_rows(workbook)
    ]
    target = QdrantVectorStore(client=client, collection_name=collection, embedding=embeddings)
    print(index(documents, records, target, cleanup="full", source_id_key="source", batch_size=AT_ONCE))


if __name__ == "__main__":
    fill(Path(sys.argv[1]), *sys.argv[2:5], Path(sys.argv[5]))
