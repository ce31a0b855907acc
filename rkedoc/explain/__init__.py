"""Join a snapshot with the catalog: the ledger of containers, relations between objects, what is not well."""
