import os
import uuid

import requests

url = os.environ.get("AZOTTE_URL", "http://127.0.0.1:8080")
session = requests.Session()
session.headers["x-tn"] = os.environ.get("AZOTTE_TENANT", "e2a1c7b2-4f3a-4b8e-9c2d-1a2b3c4d5e6f")
session.headers["x-api-key"] = os.environ.get("AZOTTE_KEY", "sk_dev_acme_sample_123456789")


def c2a(method, endpoint, **kwargs):
    response = session.request(method, f"{url}/api/v1/c2a/customer/{endpoint}", timeout=10, **kwargs)
    if response.status_code != 200:
        raise RuntimeError(f"{endpoint}: {response.status_code} {response.text}")
    return response.json()


customer_id = f"python-{uuid.uuid4()}"

# Is the identifier free?
print(c2a("POST", "validate", json={"externalId": customer_id})["isAvailable"])

# Store the customer; keep the URN, every other service asks for it.
customer = {
    "externalIdentifier": customer_id,
    "email": f"{customer_id}@example.com",
    "firstName": "Jane",
    "lastName": "Doe",
}
region = {"countryCode": "DE", "languageCode": "de"}
stored = c2a("POST", "store", json={"customer": customer, "claimedRegion": region})["result"]
urn = stored["customerUrn"]
print(urn)

# Look it up.
print(c2a("GET", "info", params={"exId": customer_id})["result"]["options"])

# Change what is named, keep the rest.
print(c2a("POST", "update", json={"customer": {"customerUrn": urn, "lastName": "Roe"}})["result"]["version"])

# Erase the person.
print(c2a("POST", "delete", json={"customerUuid": urn})["status"]["messageCode"])
