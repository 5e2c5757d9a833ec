"""Money: an exact amount with its currency."""

from decimal import Decimal

import strawberry
import strawberry.pydantic
from pydantic import BaseModel, Field

from app.graph.scalars import CurrencyCode


@strawberry.type(description="An amount of money.")
class Money:
    amount: Decimal = strawberry.field(description="How much, exactly, in units of the currency.")
    currency: CurrencyCode = strawberry.field(description="In which currency.")


@strawberry.pydantic.input(description="An amount of money.")
class MoneyInput(BaseModel):
    amount: Decimal = Field(ge=0, max_digits=14, decimal_places=2, description="How much, in units of the currency.")
    currency: CurrencyCode = Field(CurrencyCode("USD"), description="In which currency.")
