"""Fill a Qdrant vector database from Excel workbooks and folders of text, and keep it equal to them."""
