"""Sends a whole list of customers, in any order and as often as you like. Reads CSV: id,changed,email,firstName.

`changed` is the version of the row, or the milliseconds of its last change. An older row never replaces a newer one.
"""

import csv, itertools, json, os, sys, requests

url = os.environ.get("AZOTTE_URL", "http://127.0.0.1:8080") + "/api/v1/c2a/customer/bulk"
session = requests.Session()
session.headers["x-tn"] = os.environ.get("AZOTTE_TENANT", "e2a1c7b2-4f3a-4b8e-9c2d-1a2b3c4d5e6f")
session.headers["x-api-key"] = os.environ.get("AZOTTE_KEY", "sk_dev_acme_sample_123456789")
session.headers["content-type"] = "application/x-ndjson"


def line(row):
    customer = {"externalIdentifier": row["id"], "email": row["email"] or None, "firstName": row["firstName"] or None}
    region = {"countryCode": "DE", "languageCode": "de"}
    words = {"operation": "store", "onConflict": "replace", "sourceVersion": int(row["changed"])}
    return json.dumps({"ref": row["id"][:64], **words, "customer": customer, "claimedRegion": region}) + "\n"


rows, total = csv.DictReader(sys.stdin), {}
while batch := list(itertools.islice(rows, 10_000)):
    answer = session.post(url, data="".join(map(line, batch)).encode(), timeout=600)
    answer.raise_for_status()
    *results, receipt = map(json.loads, answer.iter_lines())
    for result in (result for result in results if result.get("outcome") == "failed"):
        print(result["ref"], result["status"]["messageCode"], result["status"].get("errors", ""))
    if "summary" not in receipt:
        sys.exit("it was cut: run it again, nothing is done twice")
    total = {name: total.get(name, 0) + count for name, count in receipt["summary"].items()}
print("SUCCESS:", total)
