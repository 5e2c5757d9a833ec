"""Customers: the tenants of the platform, one for each user who is one."""

from enum import StrEnum
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import Depends
from pydantic import BaseModel, EmailStr, Field
from starlette.requests import Request
from starlette.responses import Response

from backends.authentication import AuthenticatedCaller, Caller
from backends.document import Body, Document, new_id
from backends.jobs import Payload
from backends.problem import ProblemError
from backends.reading import answer, answer_read
from backends.selection import Condition, Reads, among
from backends.service import Service, routes
from backends.storage import Table


class Plan(StrEnum):
    FREE = "free"
    STARTER = "starter"
    BUSINESS = "business"
    ENTERPRISE = "enterprise"


class CustomerStatus(StrEnum):
    ACTIVE = "active"
    SUSPENDED = "suspended"
    DELETED = "deleted"


IS_THERE: Final = Condition("status <> ?", (CustomerStatus.DELETED,))

Name = Annotated[str, Field(min_length=1, max_length=200)]
Phone = Annotated[str, Field(min_length=3, max_length=40)]


class CustomerChange(Body):
    """What is left out stays as it is; a null phone removes it."""

    company_name: Name = ""
    contact_name: Name = ""
    email: EmailStr = ""
    phone: Phone | None = None
    plan: Plan = Plan.FREE


class CustomerDraft(CustomerChange):
    company_name: Name
    contact_name: Name
    email: EmailStr


class Customer(Document):
    user_id: str
    company_name: str
    contact_name: str
    email: str
    phone: str | None
    plan: Plan
    status: CustomerStatus = CustomerStatus.ACTIVE


class News(BaseModel):
    """What the agents service is told."""

    owner_id: str
    is_active: bool


class Heard(BaseModel):
    """The answer to news, of which nothing is needed."""


class Customers:
    """The customers of the service."""

    def __init__(self, service: Service) -> None:
        self._service = service
        columns = {name: f"TEXT $.{name}" for name in ("user_id", "status", "plan")}
        self.table = Table(service.database, "customers", Customer, columns, indexed=["user_id"])
        service.jobs.register("tell_agents", self.tell_agents)
        service.expose(
            "/customers",
            Reads(
                self.table,
                noun="customer",
                filters={
                    "user_id": among("user_id"),
                    "status": among("status", CustomerStatus),
                    "plan": among("plan", Plan),
                },
                orders=["created_at", "updated_at"],
                conditions=[IS_THERE],
            ),
        )

    def create(self, draft: CustomerDraft, user_id: str) -> Customer:
        customer = Customer(id=new_id("cus"), owner_id=user_id, user_id=user_id, **draft.model_dump())
        if self.find(user_id) is not None:
            raise ProblemError(409, "You have a customer account already.", code="CUSTOMER_EXISTS")
        with self._service.database.transaction():
            self.table.put(customer)
            self._tell(customer)
        return customer

    def change(self, customer: Customer, change: CustomerChange) -> Customer:
        given: dict[str, Any] = change.model_dump(exclude_unset=True)
        customer = customer.model_copy(update=given)
        with self._service.database.transaction():
            self.table.put(customer)
        return customer

    def delete(self, customer: Customer) -> Customer:
        """The row is kept, and shown to nobody any more; its AI agents are stopped."""
        customer.status = CustomerStatus.DELETED
        with self._service.database.transaction():
            self.table.put(customer)
            self._tell(customer)
        return customer

    def find(self, user_id: str) -> Customer | None:
        found = self.table.where(f"user_id = ? AND {IS_THERE.sql}", (user_id, *IS_THERE.parameters))
        return found[0] if found else None

    def of(self, caller: Caller) -> Customer:
        customer = self.find(caller.require_user())
        if customer is None:
            raise ProblemError(404, "You have no customer account.")
        return customer

    def _tell(self, customer: Customer) -> None:
        is_active = customer.status is CustomerStatus.ACTIVE
        news = News(owner_id=customer.user_id, is_active=is_active)
        self._service.jobs.add("tell_agents", {"customer_id": customer.id, "news": news.model_dump()})

    async def tell_agents(self, job: str, payload: Payload) -> None:
        path, news = f"/customers/{quote(payload['customer_id'])}", News.model_validate(payload["news"])
        await self._service.peers.send("PUT", "agents", path, Heard, body=news, idempotency_key=job)


router = routes()


async def customers_of(request: Request) -> Customers:
    found: Customers = request.app.state.service.customers
    return found


ServingCustomers = Annotated[Customers, Depends(customers_of)]


@router.post("/customers", status_code=201, response_model=Customer)
async def create_customer(draft: CustomerDraft, caller: AuthenticatedCaller, customers: ServingCustomers) -> Response:
    return answer(customers.create(draft, caller.require_user()), 201)


@router.get("/customers/me", response_model=Customer)
async def read_own_customer(request: Request, caller: AuthenticatedCaller, customers: ServingCustomers) -> Response:
    return answer_read(request, customers.of(caller).model_dump_json().encode())


@router.patch("/customers/me", response_model=Customer)
async def change_own_customer(
    change: CustomerChange, caller: AuthenticatedCaller, customers: ServingCustomers
) -> Response:
    return answer(customers.change(customers.of(caller), change))


@router.delete("/customers/me", response_model=Customer)
async def delete_own_customer(caller: AuthenticatedCaller, customers: ServingCustomers) -> Response:
    return answer(customers.delete(customers.of(caller)))
