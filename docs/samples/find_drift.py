"""Compares a list of customers with those that are here. Reads CSV: externalIdentifier,version."""

import csv, hashlib, os, sys, requests

url = os.environ.get("AZOTTE_URL", "http://127.0.0.1:8080")
session = requests.Session()
session.headers["x-tn"] = os.environ.get("AZOTTE_TENANT", "e2a1c7b2-4f3a-4b8e-9c2d-1a2b3c4d5e6f")
session.headers["x-api-key"] = os.environ.get("AZOTTE_KEY", "sk_dev_acme_sample_123456789")


def compare(**body):
    answer = session.post(f"{url}/api/v1/c2a/customer/compare", json={"by": "version", **body}, timeout=60)
    answer.raise_for_status()
    return answer.json()["result"]


def digest(records):
    xor = 0
    for record in records:
        xor ^= int.from_bytes(hashlib.sha256("\n".join(record).encode()).digest()[:16], "big")
    return f"{xor:032x}"


records = sorted(map(tuple, list(csv.reader(sys.stdin))[1:]))  # code points: the order of UTF-8, too
chunks = [records[start : start + 1000] for start in range(0, len(records), 1000)] or [[]]
ends = [chunk[-1][0] for chunk in chunks[:-1]] + [None]  # the last one has no end
parts, different = list(zip([""] + ends, ends, chunks)), 0
for start in range(0, len(parts), 100):
    call = parts[start : start + 100]
    ranges = [{"after": a, "upTo": u, "count": len(c), "digest": digest(c)} for a, u, c in call]
    for (after, up_to, chunk), range_here in zip(call, compare(ranges=ranges)["ranges"]):
        while not range_here["equal"] and after is not None:
            items = [{"externalIdentifier": i, "version": int(v)} for i, v in chunk if i > after]
            result = compare(after=after, upTo=up_to, items=items)
            for symbol, name in (("+", "missingHere"), ("-", "missingThere"), ("*", "different")):
                for found in result[name]:
                    different += 1
                    print(symbol, found if symbol == "+" else found["externalIdentifier"])
            after = result.get("upTo")  # there are more than 5,000 here
print(f"SUCCESS: {len(records)} listed, {different} differences")
