"""The collections and aliases of a server, by name."""

from qdrant_client import QdrantClient, models

from ingest.stores.failures import AbsentError, NotApplied
from ingest.stores.patience import Patience


class Catalog:
    """What a server has, looked at anew with each call."""

    def __init__(self, client: QdrantClient, patience: Patience) -> None:
        self._client, self._patience = client, patience

    def list_names(self) -> set[str]:
        """List the names of all collections."""
        return {found.name for found in self._patience.ask(self._client.get_collections).collections}

    def list_aliases(self) -> dict[str, str]:
        """List all aliases, each with the name of its collection."""
        return self._patience.ask(self._read_aliases)

    def look(self, name: str) -> models.CollectionInfo | None:
        """Describe a collection, by its name or an alias; None where there is none."""
        try:
            return self._patience.ask(self._client.get_collection, name)
        except AbsentError:
            return None

    def point(self, alias: str, name: str) -> None:
        """Let an alias stand for a collection, whatever it stood for before, in one step."""
        operations: list[models.AliasOperations] = [
            models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name=alias)),
            models.CreateAliasOperation(create_alias=models.CreateAlias(collection_name=name, alias_name=alias)),
        ]

        def update() -> None:
            there = self._read_aliases().get(alias)
            if there == name:  # by an earlier request, whose answer was lost
                return
            if not self._client.update_collection_aliases(operations if there else operations[1:]):
                raise NotApplied(f"the alias {alias!r} was not taken")

        self._patience.ask(update)

    def delete(self, name: str) -> None:
        """Remove a collection; one that isn't there is no error."""
        try:
            self._patience.ask(self._client.delete_collection, name)
        except AbsentError:
            return

    def _read_aliases(self) -> dict[str, str]:
        return {alias.alias_name: alias.collection_name for alias in self._client.get_aliases().aliases}
