"""What the strict mode of a collection of Qdrant forbids, by the words that a server says it with.

Servers say it with several statuses, and never name the setting (`strict_mode_config` of the collection). Words and
settings: lib/collection/src/operations/verification of Qdrant 1.16 to 1.19.
"""

_SETTINGS = (
    ("upsert limit", "upsert_max_batchsize"),
    ("rate limit", "write_rate_limit or read_rate_limit"),
    ("index required but not found", "unindexed_filtering_retrieve or unindexed_filtering_update"),
    ("vector storage size limit", "max_collection_vector_size_bytes"),
    ("payload storage size limit", "max_collection_payload_size_bytes"),
    ("points count limit", "max_points_count"),
    ("condition size limit", "condition_max_size"),
    ("filter condition", "filter_max_conditions"),
    ("exact search disabled", "search_allow_exact"),
    ("payload index", "max_payload_index_count"),
    ('for "limit"', "max_query_limit"),
    ('for "timeout"', "max_timeout"),
)
_TOO_MUCH = ("upsert limit", "larger than rate limiter capacity", "message length too large", "message larger than max")


def name_setting(words: str) -> str:
    """Name the setting that forbids what a server says it forbids; "" where it says nothing of the kind."""
    return next((setting for said, setting in _SETTINGS if said in words.casefold()), "")


def is_too_much(words: str) -> bool:
    """Say whether a server says that a smaller request would do."""
    return any(said in words.casefold() for said in _TOO_MUCH)
