"""Money on the wire, the same with every backend."""

from decimal import Decimal

import msgspec


class MoneyRecord(msgspec.Struct, frozen=True):
    amount: Decimal
    currency: str
