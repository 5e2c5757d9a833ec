"""Money on the wire, the same with every backend."""

from decimal import Decimal

from app.rest import Record


class MoneyRecord(Record, frozen=True):
    amount: Decimal
    currency: str
