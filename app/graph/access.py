"""Access: who may read a field. Declared on the field, shown in the schema, checked before the resolver runs."""

from dataclasses import dataclass

from strawberry.federation.schema_directives import Authenticated, RequiresScopes

from app.errors import ForbiddenError, UnauthenticatedError
from app.graph.principal import Principal


@dataclass(frozen=True, slots=True)
class Access:
    """What a caller must show: a token, and every one of `scopes`."""

    authenticated: bool = False
    scopes: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether anybody may read the field."""
        return not self.authenticated and not self.scopes

    def directives(self) -> list[object]:
        """The schema directives that say the same, as Apollo Federation defines them."""
        if self.scopes:
            return [RequiresScopes(scopes=[list(self.scopes)])]
        return [Authenticated()] if self.authenticated else []

    def check(self, principal: Principal | None) -> None:
        """Let the principal pass, or raise `UnauthenticatedError` or `ForbiddenError`."""
        if self.is_open:
            return
        if principal is None:
            raise UnauthenticatedError("This needs a bearer token.")
        lacking = [scope for scope in self.scopes if scope not in principal.scopes]
        if lacking:
            raise ForbiddenError(f"This needs the scope {', '.join(lacking)}.")


OPEN = Access()
AUTHENTICATED = Access(authenticated=True)
