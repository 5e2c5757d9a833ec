"""Limits of documents, kept when a document is read for the first time: those that are known cost nothing more."""

from dataclasses import dataclass
from typing import Final

from graphql import DocumentNode, GraphQLError
from graphql.language.parser import MAX_NESTING_DEPTH

from app.errors import RequestError
from app.execution import InvalidDocumentError, dismantled_if_refused, syntax_tree
from app.server.limits.gate import Gate
from app.server.limits.shape import Shape, Shapes, recursion
from app.server.limits.tokens import has_more_tokens
from app.settings import Settings

MAX_LENGTH: Final = "MAX_DOCUMENT_LENGTH_LIMIT"
MAX_TOKENS: Final = "MAX_TOKENS_LIMIT"
MAX_RECURSION: Final = "MAX_RECURSION_LIMIT"
MAX_OPERATIONS: Final = "MAX_OPERATIONS_LIMIT"
MAX_FRAGMENTS: Final = "MAX_FRAGMENTS_LIMIT"
MAX_ROOT_FIELDS: Final = "MAX_ROOT_FIELDS_LIMIT"
MAX_DEPTH: Final = "MAX_DEPTH_LIMIT"
MAX_FIELDS: Final = "MAX_FIELDS_LIMIT"
MAX_ALIASES: Final = "MAX_ALIASES_LIMIT"
MAX_DIRECTIVES: Final = "MAX_DIRECTIVES_LIMIT"
MAX_OVERLAPS: Final = "MAX_OVERLAPS_LIMIT"

_NESTED_TOO_DEEPLY = "nested too deeply"


@dataclass(frozen=True, slots=True)
class DocumentLimits:
    """Parses documents that keep the limits of the settings.

    Two limits always hold, as what is beyond them could not be served: fields, and the parser's own of recursion.
    """

    settings: Settings
    gate: Gate

    def parse(self, text: str) -> DocumentNode:
        """The document of a text. Raises `InvalidDocumentError`, and `RequestError` for what exceeds a limit."""
        self._keep(MAX_LENGTH, len(text), self.settings.max_document_length, "characters")
        if has_more_tokens(text, self.settings.max_tokens):
            self.gate.exceeded(_more_than(self.settings.max_tokens, "tokens", MAX_TOKENS))
        try:
            document = syntax_tree(text)
        except GraphQLError as error:
            raise self._parse_error(error) from error
        with dismantled_if_refused(document):
            try:
                self._check(document)
            except RecursionError as error:
                raise self._nested_too_deeply() from error
        return document

    def _check(self, document: DocumentNode) -> None:
        settings = self.settings
        if settings.max_recursion < MAX_NESTING_DEPTH:
            self._keep(MAX_RECURSION, recursion(document), settings.max_recursion, "brackets in brackets")
        shapes = Shapes(document)
        self._keep(MAX_OPERATIONS, len(shapes.operations), settings.max_operations, "operations")
        self._keep(MAX_FRAGMENTS, len(shapes.fragments), settings.max_fragments, "fragments")
        each = [*shapes]
        if sum(shape.fields for shape in each) > settings.max_fields:
            fields = "fields, with fragments put in their places"
            raise self.gate.refusal(_more_than(settings.max_fields, fields, MAX_FIELDS))
        for shape in each:
            self._check_shape(shape)
        for operation in shapes.operations:
            overlaps = shapes.overlaps(operation, settings.max_overlaps)
            self._keep(MAX_OVERLAPS, overlaps, settings.max_overlaps, "pairs of fields of one name in one place")

    def _check_shape(self, shape: Shape) -> None:
        settings = self.settings
        self._keep(MAX_ROOT_FIELDS, shape.root_fields, settings.max_root_fields, "root fields")
        self._keep(MAX_DEPTH, shape.depth, settings.max_depth, "levels of fields")
        self._keep(MAX_ALIASES, shape.aliases, settings.max_aliases, "aliases")
        self._keep(MAX_DIRECTIVES, shape.directives, settings.max_directives, "directives")

    def _keep(self, code: str, value: int, maximum: int, noun: str) -> None:
        if value > maximum:
            self.gate.exceeded(_more_than(maximum, noun, code))

    def _parse_error(self, error: GraphQLError) -> Exception:
        if _NESTED_TOO_DEEPLY in error.message:
            return self._nested_too_deeply()
        return InvalidDocumentError("parse", [error])

    def _nested_too_deeply(self) -> RequestError:
        return self.gate.refusal(RequestError("The document is nested too deeply.", code=MAX_RECURSION))


def _more_than(maximum: int, noun: str, code: str) -> RequestError:
    return RequestError(f"A document may have at most {maximum} {noun}.", code=code)
