"""Reading: from the bytes of a request to the operation that it asks for."""

from collections import OrderedDict
from functools import partial

from app.execution import Executor, Prepared, Request
from app.server.admission import check_transport
from app.server.parameters import in_turn, request_in
from app.server.persisted import PersistedOperations

_REMEMBERED = 64
_REMEMBERED_BYTES = 2048
"""Of that many requests of at most this length it is remembered what they ask for; of all others, the document."""


class OperationReader:
    """Finds the operations of requests, those that come again and again without looking into them."""

    def __init__(self, executor: Executor, persisted: PersistedOperations) -> None:
        self._executor = executor
        self._persisted = persisted
        self._remembered: OrderedDict[tuple[str, bytes], Prepared | Request] = OrderedDict()

    async def read(self, method: str, sent: bytes) -> Prepared:
        """The operation that is asked for; raises what is wrong with the request or its document."""
        found = self._remembered.get((method, sent))
        if found is None:
            return await self._understood(method, sent)
        self._remembered.move_to_end((method, sent))
        return found if isinstance(found, Prepared) else await self.find(found, method)

    async def find(self, asked: Request, method: str) -> Prepared:
        """The operation of a request."""
        prepared = await self._persisted.prepare(asked, self._executor.read)
        check_transport(prepared, method)
        return prepared

    def recall(self, method: str, sent: bytes) -> Prepared | None:
        """What `read` gives, if it is remembered."""
        found = self._remembered.get((method, sent))
        return found if isinstance(found, Prepared) else None

    async def _understood(self, method: str, sent: bytes) -> Prepared:
        asked = await in_turn(partial(request_in, method), sent)
        prepared = await self.find(asked, method)
        if len(sent) <= _REMEMBERED_BYTES:
            self._remembered[method, sent] = asked if self._persisted.concerns(asked) else prepared
            if len(self._remembered) > _REMEMBERED:
                self._remembered.popitem(last=False)
        return prepared
