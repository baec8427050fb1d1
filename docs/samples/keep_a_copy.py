"""Keeps a copy of all customers in SQLite: an export, then the change feed, for ever.

With --once it ends when there is no more.
"""

import json
import os
import sqlite3
import sys

import requests

url = os.environ.get("AZOTTE_URL", "http://127.0.0.1:8080")
session = requests.Session()
session.headers["x-tn"] = os.environ.get("AZOTTE_TENANT", "e2a1c7b2-4f3a-4b8e-9c2d-1a2b3c4d5e6f")
session.headers["x-api-key"] = os.environ.get("AZOTTE_KEY", "sk_dev_acme_sample_123456789")

database = sqlite3.connect(os.environ.get("COPY", "customers.sqlite"))
database.execute("create table if not exists customers (urn text primary key, version integer, customer text)")
database.execute("create table if not exists feed (cursor text, position integer)")


def get(endpoint, **options):
    return session.get(f"{url}/api/v1/c2a/customer/{endpoint}", timeout=60, **options)


def load():
    return database.execute("select cursor, position from feed").fetchone() or (None, 0)


def save(cursor):
    position = int(cursor.rsplit("-", 1)[1])
    database.execute("delete from feed")
    database.execute("insert into feed values (?, ?)", (cursor, position))
    return position


def upsert(customer):
    # A newer version stays, wherever it came from.
    database.execute(
        "insert into customers values (?, ?, ?) on conflict (urn) do update"
        " set version = excluded.version, customer = excluded.customer where excluded.version > customers.version",
        (customer["customerUrn"], customer["version"], json.dumps(customer)),
    )


def resync():
    """The cursor comes first, so that what changes during the export is in the feed behind it."""
    with database:
        database.execute("delete from customers")
        cursor, after = None, None
        while cursor is None or after is not None:
            answer = get("export", params={"after": after}, stream=True)
            answer.raise_for_status()
            lines = map(json.loads, answer.iter_lines())
            cursor, receipt = next(lines)["cursor"], {}
            for line in lines:
                if "customerUrn" in line:
                    upsert(line)
                else:
                    receipt = line
            # The last line is the receipt. Without it, the answer was cut: everything is rolled back.
            after = receipt["next"] if "summary" in receipt else sys.exit("the export was cut")
        save(cursor)


def follow():
    """One page. The copy and the cursor change together, or not at all."""
    cursor, seen = load()
    answer = get("events", params={"after": cursor, "wait": 20, "include": "customer"})
    if answer.status_code == 410:
        return None
    answer.raise_for_status()
    page = answer.json()["result"]
    with database:
        for event in page["events"]:
            # Positions are 1, 2, 3, …: this proves that nothing is missing.
            seen += 1
            assert event["position"] == seen, "an event is missing"
            if event.get("erased"):
                database.execute("delete from customers where urn = ?", (event["customerUrn"],))
            else:
                upsert(event["customer"])
        save(page["cursor"])
    return page


if load()[0] is None:
    resync()
while True:
    page = follow()
    if page is None:
        resync()
    elif "--once" in sys.argv and not page["hasMore"]:
        break

count = database.execute("select count(*) from customers").fetchone()[0]
print(f"SUCCESS: a copy of {count} customers, up to {load()[0]}")
