"""Kinds of values: which classes can be taken for what they are, whatever resolver they come from."""

from types import GeneratorType, NoneType

from graphql.pyutils import UndefinedType

_NEVER_PLAIN = (NoneType, UndefinedType, GeneratorType, Exception)


class PlainTypes(dict[type, bool]):
    """Remembers of classes whether their instances are neither null nor an error nor to be awaited.

    A generator is not plain: it may be a coroutine of the old kind.
    """

    SIZE = 4096

    def __missing__(self, cls: type) -> bool:
        if len(self) >= self.SIZE:
            self.clear()
        self[cls] = plain = not issubclass(cls, _NEVER_PLAIN) and not hasattr(cls, "__await__")
        return plain


PLAIN = PlainTypes()
"""A fact about a class does not change, so this is shared by all."""

is_plain = PLAIN.__getitem__
