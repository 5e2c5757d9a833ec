"""The client beside: reads seconds from standard input, asks for a page for so long, and writes how long it waited."""

import http.client
import json
import math
import sys
import time

PAGE = "{ viewer { roles unreadNotificationCount } listings(first: 5) { nodes { address price { amount } } } }"
PAUSE_SECONDS = 0.005


def ask(connection: http.client.HTTPConnection, token: str) -> bool:
    """Whether the page came."""
    headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
    connection.request("POST", "/graphql", json.dumps({"query": PAGE}), headers)
    answer = connection.getresponse()
    content = answer.read()
    return answer.status == 200 and "errors" not in json.loads(content)


def measure(port: int, token: str, seconds: float) -> dict[str, float]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    ask(connection, token)
    times, failed, end = [], 0, time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.perf_counter()
        failed += not ask(connection, token)
        times.append((time.perf_counter() - began) * 1000)
        time.sleep(PAUSE_SECONDS)
    connection.close()
    times.sort()
    rank = [times[math.ceil(len(times) * share) - 1] for share in (0.5, 0.99)]
    return {"asked": len(times), "failed": failed, "p50": rank[0], "p99": rank[1]}


if __name__ == "__main__":
    for line in sys.stdin:
        sys.stdout.write(json.dumps(measure(int(sys.argv[1]), sys.argv[2], float(line))) + "\n")
        sys.stdout.flush()
