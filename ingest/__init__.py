"""Fill a Qdrant vector database from Excel workbooks and folders of text, and keep it equal to them.

from ingest import open_embedder, open_source, open_store, sync

report = sync([open_source("excel", "faq.xlsx")], embedder=open_embedder("hashing"), store=open_store(path="db"))
"""

from ingest.embedders import open_embedder
from ingest.sources import open_source
from ingest.stores import open_store
from ingest.sync import Options, sync

__all__ = ["Options", "open_embedder", "open_source", "open_store", "sync"]
