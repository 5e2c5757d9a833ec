"""The three root types. They are empty: every field of theirs comes from a subgraph."""

import strawberry


@strawberry.type(description="Where reading begins.")
class Query:
    pass


@strawberry.type(description="Where changing begins. Fields run one after the other.")
class Mutation:
    pass


@strawberry.type(description="Where following begins.")
class Subscription:
    pass
