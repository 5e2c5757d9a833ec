"""The operations of a connection that carries several."""

import asyncio

from app.server.streaming.operation import Operation, Sink


class Operations:
    """Operations by the ids that the client gave them, at most `limit` at a time."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._by_id: dict[str, Operation] = {}
        self._running: dict[Operation, asyncio.Task[None]] = {}  # and those that were stopped and still clean up
        self._tasks: asyncio.TaskGroup | None = None

    def __contains__(self, id_: str) -> bool:
        return id_ in self._by_id

    @property
    def is_full(self) -> bool:
        return max(len(self._running), len(self._by_id)) >= self._limit

    def open(self, tasks: asyncio.TaskGroup) -> None:
        """Run in these tasks what was added, and what will be."""
        self._tasks = tasks
        for id_, operation in self._by_id.items():
            self._start(id_, operation, tasks)

    def add(self, id_: str, operation: Operation) -> None:
        self._by_id[id_] = operation
        if self._tasks is not None:
            self._start(id_, operation, self._tasks)

    def stop(self, id_: str) -> None:
        """The client wants no more of an operation."""
        operation = self._by_id.pop(id_, None)
        if operation is not None and operation in self._running:
            self._running[operation].cancel()

    def forget(self, id_: str, sink: Sink) -> None:
        """The operation of a sink has come to its end: its id may be used again."""
        operation = self._by_id.get(id_)
        if operation is not None and operation.sink is sink:
            del self._by_id[id_]

    def renew(self) -> None:
        """The session was prolonged."""
        for operation in self._by_id.values():
            operation.renew()

    def _start(self, id_: str, operation: Operation, tasks: asyncio.TaskGroup) -> None:
        task = self._running[operation] = tasks.create_task(operation.run())
        task.add_done_callback(lambda _: self._ended(id_, operation))

    def _ended(self, id_: str, operation: Operation) -> None:
        del self._running[operation]
        self.forget(id_, operation.sink)  # one that was cancelled has not said so
