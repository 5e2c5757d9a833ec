"""How any REST backend is called."""

from app.rest.caching.cache import ResponseCache
from app.rest.caching.memory import MemoryCache
from app.rest.caching.redis import RedisCache
from app.rest.call import Exchange, Observer, Stats
from app.rest.caller import Caller, Deadline
from app.rest.client import Client, RestClient
from app.rest.collection import CollectionClient
from app.rest.event_stream import EventStreamError, ServerEvent, server_events
from app.rest.page import Groups, Page
from app.rest.record import Record
from app.rest.route import Params, Query
from app.rest.service import Service
from app.rest.timing import Timing
from app.rest.usage import Usage

__all__ = [
    "Caller",
    "Client",
    "CollectionClient",
    "Deadline",
    "EventStreamError",
    "Exchange",
    "Groups",
    "MemoryCache",
    "Observer",
    "Page",
    "Params",
    "Query",
    "Record",
    "RedisCache",
    "ResponseCache",
    "RestClient",
    "ServerEvent",
    "Service",
    "Stats",
    "Timing",
    "Usage",
    "server_events",
]
