"""The fixed data of the job: 100 posts by 10 users, in the shape of the public job's upstream."""

import json
from typing import Any, Final, TypeAlias

Json: TypeAlias = dict[str, Any]

POSTS: Final = 100
USERS: Final = 10
_WORDS: Final = (
    "porch",
    "garden",
    "cedar",
    "maple",
    "quiet",
    "street",
    "morning",
    "kitchen",
    "window",
    "light",
    "river",
    "stone",
    "meadow",
    "harbor",
    "lane",
)


def _words(start: int, count: int) -> str:
    return " ".join(_WORDS[(start + step * step) % len(_WORDS)] for step in range(count))


def users() -> list[Json]:
    return [
        {
            "id": number,
            "name": f"{_words(number, 1).title()} {_words(number + 7, 1).title()}",
            "username": _words(number + 3, 1),
            "email": f"{_words(number, 1)}.{number}@example.com",
            "address": {"street": _words(number, 2), "city": _words(number + 1, 1), "zipcode": f"9{number:04}"},
            "phone": f"+1 512 555 01{number:02}",
            "website": f"{_words(number + 5, 1)}.example.com",
        }
        for number in range(1, USERS + 1)
    ]


def posts() -> list[Json]:
    return [
        {
            "userId": (number * 7) % USERS + 1,
            "id": number,
            "title": _words(number, 6),
            "body": _words(number + 2, 24),
        }
        for number in range(1, POSTS + 1)
    ]


def expected(query: str) -> Json:
    """The `data` of one of the three queries."""
    user_by_id = {user["id"]: {name: user[name] for name in ("id", "name", "email")} for user in users()}
    answers: dict[str, Json] = {
        GREET: {"greet": "Hello World!"},
        TITLES: {"posts": [{"title": post["title"]} for post in posts()]},
        AUTHORS: {
            "posts": [
                {name: post[name] for name in ("id", "userId", "title")} | {"user": user_by_id[post["userId"]]}
                for post in posts()
            ]
        },
    }
    return answers[query]


def encoded(value: Any) -> str:
    """As most servers write JSON: without spaces."""
    return json.dumps(value, separators=(",", ":"))


AUTHORS: Final = "{posts{id userId title user{id name email}}}"
TITLES: Final = "{posts{title}}"
GREET: Final = "{greet}"
QUERIES: Final = {"Q1": AUTHORS, "Q2": TITLES, "Q3": GREET}
