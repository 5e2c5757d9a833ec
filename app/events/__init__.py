"""One replayable log of what happened in the backends; every subscription reads it."""

from app.events.event import CloudEvent, Cursor, LoggedEvent
from app.events.log import EventLog
from app.events.memory import MemoryStore
from app.events.store import EventStore, Page
from app.events.topic import Topic

__all__ = ["CloudEvent", "Cursor", "EventLog", "EventStore", "LoggedEvent", "MemoryStore", "Page", "Topic"]
