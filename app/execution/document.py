"""Documents: from the text of a request to a validated operation, kept in a bounded cache."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import Literal, TypeAlias

import msgspec
from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    Node,
    OperationDefinitionNode,
    Source,
    Token,
    get_operation_ast,
    specified_rules,
)
from graphql.execution.collect_fields import FragmentDetails
from graphql.language.parser import Parser, nested_too_deeply_error
from graphql.validation import ASTValidationRule

from app.execution.operation import Operation, OperationType
from app.execution.pace import PacedLexer, PacedRule, give_way
from app.execution.reading import LONG, Parse, Reader
from app.execution.validation import find_errors

Stage: TypeAlias = Literal["parse", "validate", "operation"]


class Request(msgspec.Struct, frozen=True):
    """One GraphQL request as it came in. `query` is empty when the document is only named."""

    query: str
    variables: Mapping[str, object] | None = None
    operation_name: str | None = None
    extensions: Mapping[str, object] | None = None
    document_id: str | None = None


class Prepared(msgspec.Struct, eq=False):
    """A validated document with the operation to run chosen and the request's variables, not yet coerced.

    `errors` is what is wrong with the variables, once that is known: it is costly to find.
    """

    document: "Document"
    operation: Operation
    variables: Mapping[str, object] | None
    errors: list[GraphQLError] | None = None

    @property
    def operation_type(self) -> OperationType:
        return self.operation.kind

    @property
    def operation_name(self) -> str | None:
        name = self.operation.node.name
        return name.value if name else None

    @property
    def label(self) -> str:
        """What logs call it: its name, or its type if it has none."""
        return self.operation_name or self.operation_type


class InvalidDocumentError(Exception):
    """A document that cannot be executed. `stage` says what failed; nothing has run."""

    def __init__(self, stage: Stage, errors: Sequence[GraphQLError]) -> None:
        super().__init__(f"{stage}: {errors[0].message}")
        self.stage = stage
        self.errors = list(errors)


class Document:
    """A validated document, and what was found out about its operations so far."""

    def __init__(self, schema: GraphQLSchema, text: str, node: DocumentNode, *, hide_suggestions: bool = False) -> None:
        self.text = text
        self.node = node
        self._schema = schema
        self._hide_suggestions = hide_suggestions
        self._operations: dict[str | None, Operation] = {}

    @cached_property
    def fragments(self) -> dict[str, FragmentDetails]:
        definitions = [part for part in self.node.definitions if isinstance(part, FragmentDefinitionNode)]
        return {definition.name.value: FragmentDetails(definition) for definition in definitions}

    def operation(self, name: str | None) -> Operation:
        """The operation to run (GetOperation, section 6.1 of the specification); raises `InvalidDocumentError`."""
        name = name or None
        operation = self._operations.get(name)
        if operation is None:
            node = choose_operation(self.node, name)
            operation = self._operations[name] = Operation.of(
                self._schema, node, self.fragments, hide_suggestions=self._hide_suggestions
            )
        return operation


class DocumentCache:
    """Parsed and validated documents by text; the least recently used leave for new ones.

    At most `size` are kept, of at most `max_text` characters together: parsed, a document takes some eighty times the
    memory of its text. Invalid ones are not kept: a client that sends nonsense must not push out what others use.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        *,
        size: int = 1000,
        max_text: int = 1_000_000,
        parse: Parse | None = None,
        rules: Sequence[type[ASTValidationRule]] = (),
        hide_suggestions: bool = False,
    ) -> None:
        self._schema = schema
        self._size = size
        self._max_text = max_text
        self._text = 0
        self._parse = parse or parsed
        self._rules = [*specified_rules, *rules, PacedRule]
        self._hide_suggestions = hide_suggestions
        self._documents: OrderedDict[str, Document] = OrderedDict()
        self._reader = Reader()

    def get(self, text: str) -> Document:
        """The validated document of `text`; raises `InvalidDocumentError`."""
        document = self._documents.get(text)
        if document is not None:
            self._documents.move_to_end(text)
            return document
        return self._keep(text, self._validated(text))

    async def read(self, text: str) -> Document:
        """The same; a long document that is not there yet is read beside the loop."""
        if len(text) >= LONG and text not in self._documents:
            node = await self._reader.read(text, self._validated)
            if text not in self._documents:  # perhaps another who waited for it has kept it
                return self._keep(text, node)
        return self.get(text)

    def _keep(self, text: str, node: DocumentNode) -> Document:
        document = Document(self._schema, text, node, hide_suggestions=self._hide_suggestions)
        self._documents[text] = document
        self._text += len(text)
        while len(self._documents) > self._size or self._text > self._max_text:
            self._text -= len(self._documents.popitem(last=False)[0])
        return document

    def _validated(self, text: str) -> DocumentNode:
        document = self._parse(text)
        with dismantled_if_refused(document):
            errors = find_errors(self._schema, document, self._rules, hide_suggestions=self._hide_suggestions)
            if not errors:
                return document
            for error in errors:
                error.nodes = None  # they know the locations
            raise InvalidDocumentError("validate", errors)


def parsed(text: str) -> DocumentNode:
    """The syntax tree of a document, without a limit but that of the parser's recursion."""
    try:
        return syntax_tree(text)
    except GraphQLError as error:
        raise InvalidDocumentError("parse", [error]) from error


def syntax_tree(text: str) -> DocumentNode:
    """graphql-core's tree, which can be let go at once: no token refers to the one before it.

    Else each refused document would be left to the garbage collector, which stops everybody for up to half a second.
    """
    parser = Parser(text, lexer=(lexer := PacedLexer(Source(text))))
    first = lexer.token
    document = None
    try:
        with suppress(RecursionError):
            document = parser.parse_document()
    finally:
        token: Token | None = first
        while token is not None:
            token.prev = None
            token = token.next
    if document is None:
        raise nested_too_deeply_error(parser)
    return document


@contextmanager
def dismantled_if_refused(document: DocumentNode) -> Iterator[None]:
    """Let go of a tree bit by bit when the block raises.

    One of 15,000 tokens that is let go as a whole takes 5 ms, in which no other thread can do anything.
    """
    try:
        yield
    except BaseException:
        _dismantle(document)
        raise


def _dismantle(document: DocumentNode) -> None:
    token = document.loc.start_token if document.loc else None
    waiting: list[object] = [document]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Node):
            waiting += vars(part).values()
            vars(part).clear()
        elif isinstance(part, tuple):
            waiting += part
        give_way()
    while token is not None:
        token.next, token = None, token.next
        give_way()


def choose_operation(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    """The operation to run (GetOperation, section 6.1 of the specification); raises `InvalidDocumentError`."""
    operation = get_operation_ast(document, name)
    if operation is not None:
        return operation
    if name:
        message = f"The document has no operation named '{name}'."
    else:
        message = "The document has several operations: say which by operationName."
    raise InvalidDocumentError("operation", [GraphQLError(message)])
