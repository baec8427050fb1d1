"""Stores, changes and looks up a customer with a client that openapi-python-client made. See docs/generated-clients.md."""

import os
from uuid import uuid4

from azotte_c2a import Client
from azotte_c2a.api.customers import info, store, update
from azotte_c2a.models import (
    ClaimedRegionDto,
    CorporationInfoDto,
    CustomerInfoResponse,
    FailureEnvelope,
    PostalAddressDto,
    StoreCustomerRequest,
    StoreCustomerRequestCustomer,
    StoreCustomerResponse,
    UpdateCustomerRequest,
    UpdateCustomerRequestCustomer,
    UpdateCustomerResponse,
)
from azotte_c2a.types import Unset

client = Client(
    base_url=os.environ.get("SANDBOX_URL", "http://127.0.0.1:8080"),
    headers={"x-api-key": "sk_dev_acme_sample_123456789"},
)
tenant = "e2a1c7b2-4f3a-4b8e-9c2d-1a2b3c4d5e6f"
external_id = str(uuid4())

corporation = CorporationInfoDto(company_name="Fabrikam")
corporation["branch"] = {"floor": 3}
stored = store.sync_detailed(
    client=client,
    x_tn=tenant,
    body=StoreCustomerRequest(
        customer=StoreCustomerRequestCustomer(
            external_identifier=external_id,
            email=f"{external_id}@example.com",
            salutation="Ms.",
            gender="Female",
            legal_type="Corporate",
            primary_billing_address=PostalAddressDto(city="Berlin", country_code="DE"),
            corporation_info=corporation,
        ),
        claimed_region=ClaimedRegionDto(country_code="DE", language_code="de"),
    ),
)
assert stored.status_code == 200, stored.content
assert isinstance(stored.parsed, StoreCustomerResponse)
assert stored.parsed.result.version == 1
urn = stored.parsed.result.customer_urn

updated = update.sync_detailed(
    client=client,
    x_tn=tenant,
    if_match='"1"',
    body=UpdateCustomerRequest(
        customer=UpdateCustomerRequestCustomer(customer_urn=urn, last_name="Doe", salutation=None)
    ),
)
assert updated.status_code == 200, updated.content
assert isinstance(updated.parsed, UpdateCustomerResponse)
assert updated.parsed.result.version == 2

found = info.sync_detailed(client=client, x_tn=tenant, urn=urn)
assert found.status_code == 200, found.content
assert isinstance(found.parsed, CustomerInfoResponse)
customer = found.parsed.result
assert (customer.version, customer.last_name) == (2, "Doe")
# Unset kept it, None cleared it.
assert customer.email == f"{external_id}@example.com"
assert isinstance(customer.salutation, Unset)
assert "CARD" in customer.options.available_channels

unknown = info.sync_detailed(client=client, x_tn=tenant, ex_id=f"{external_id}x")
assert unknown.status_code == 404
assert isinstance(unknown.parsed, FailureEnvelope)
assert unknown.parsed.status.message_code == "CUSTOMER_NOT_FOUND"
