"""Stores, changes and looks up a customer with a client that openapi-generator made. See docs/generated-clients.md."""

import os
from uuid import uuid4

from azotte_c2a import (
    ApiClient,
    ClaimedRegionDto,
    Configuration,
    CorporationInfoDto,
    CustomersApi,
    PostalAddressDto,
    StoreCustomerRequest,
    StoreCustomerRequestCustomer,
    UpdateCustomerRequest,
    UpdateCustomerRequestCustomer,
)
from azotte_c2a.exceptions import NotFoundException

configuration = Configuration(
    host=os.environ.get("SANDBOX_URL", "http://127.0.0.1:8080"),
    api_key={"apiKey": "sk_dev_acme_sample_123456789"},
)
customers = CustomersApi(ApiClient(configuration))
tenant = "e2a1c7b2-4f3a-4b8e-9c2d-1a2b3c4d5e6f"
external_id = str(uuid4())

corporation = CorporationInfoDto(companyName="Fabrikam")
corporation.additional_properties["branch"] = {"floor": 3}
stored = customers.store_with_http_info(
    tenant,
    StoreCustomerRequest(
        customer=StoreCustomerRequestCustomer(
            externalIdentifier=external_id,
            email=f"{external_id}@example.com",
            salutation="Ms.",
            gender="Female",
            legalType="Corporate",
            primaryBillingAddress=PostalAddressDto(city="Berlin", countryCode="DE"),
            corporationInfo=corporation,
            privacy={"newsletter": True},
        ),
        claimedRegion=ClaimedRegionDto(countryCode="DE", languageCode="de"),
    ),
)
assert stored.status_code == 200
assert stored.data.result.version == 1
urn = stored.data.result.customer_urn

# Only what is named here is sent: not even None for the rest.
update = UpdateCustomerRequest(
    customer=UpdateCustomerRequestCustomer(customerUrn=urn, lastName="Doe", salutation=None)
)
updated = customers.update_with_http_info(tenant, update, if_match='"1"')
assert updated.status_code == 200
assert updated.data.result.version == 2

found = customers.info_with_http_info(tenant, urn=urn)
assert found.status_code == 200
customer = found.data.result
assert (customer.version, customer.last_name) == (2, "Doe")
assert customer.email == f"{external_id}@example.com"
assert customer.salutation is None
assert "CARD" in customer.options.available_channels

try:
    customers.info(tenant, ex_id=f"{external_id}x")
    raise AssertionError("an unknown customer was found")
except NotFoundException as error:
    assert error.data and error.data.status.message_code == "CUSTOMER_NOT_FOUND"
