"""Where public keys come from: the JSON Web Key Set at a URL, fetched like anything else over REST."""

from urllib.parse import urlsplit

import msgspec

from app.rest import Caller, Deadline, RestClient, Service
from app.settings import ServiceSettings

_SERVICE = Service("jwks", port=443)


class KeySetSource:
    """Fetches the key set of `url`; its settings are those of a service: `JWKS_TIMEOUT` and so on."""

    def __init__(self, url: str) -> None:
        """Raises `ValueError` when the URL is not one."""
        parts = urlsplit(url)
        settings = ServiceSettings.named(_SERVICE.name)
        self._timeout = settings.timeout
        self._path = parts.path
        self._client = RestClient(
            _SERVICE, settings.model_copy(update={"url": f"{parts.scheme}://{parts.netloc}"}), share_reads=False
        )

    async def fetch(self) -> bytes:
        """The document as it came; raises `BackendError`."""
        caller = Caller(authorization=None, request_id="", deadline=Deadline.after(self._timeout))
        return bytes(await self._client.get(caller, self._path, msgspec.Raw))

    async def aclose(self) -> None:
        await self._client.aclose()
