"""What schemathesis cannot read from the documents, because OpenAPI cannot say it."""

import json
import re

import schemathesis
from hypothesis import strategies as st

# A phone number's length depends on its country, so numbers are made for some.
schemathesis.openapi.format(
    "phone",
    st.builds(
        "{}{}".format,
        st.sampled_from(["+49 170 ", "+49-170-", "+351 912 ", "+44 (7700) "]),
        st.integers(min_value=100000, max_value=999999),
    ),
)
# A string that holds JSON.
schemathesis.openapi.format(
    "json",
    st.dictionaries(st.text("abc", min_size=1), st.integers() | st.booleans() | st.text("abc")).map(json.dumps),
)


# The one reseller and provider instance that scripts/fuzz-api makes.
KNOWN = "cb3cd15b-1d6e-45be-b493-c71549cbfd87"
UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def known(value):
    """The known id for any that could be one; everything else as it is, to be refused."""
    return KNOWN if isinstance(value, str) and UUID.fullmatch(value) else value


@schemathesis.hook
def before_call(context, case, kwargs):
    """`info` wants one of its two parameters; resellers and provider instances must be the tenant's."""
    if case.operation.label.endswith("/info") and not case.query:
        case.query = {"exId": "crm-9981273"}
    if case.operation.label.endswith("/update") and is_valid(case):
        keep_legal_type(case.body)
    if case.operation.label == "POST /v1/Customers" and isinstance(case.body, dict):
        case.body = of_this_tenant(case.body)


def is_valid(case):
    return case.meta is None or case.meta.generation.mode.is_positive


def keep_legal_type(body):
    """Whether a company may lose its `corporationInfo`, or a person become one, hangs on what is stored."""
    customer = body.get("customer") if isinstance(body, dict) else None
    if isinstance(customer, dict) and customer.get("corporationInfo") is None:
        customer.pop("corporationInfo", None)
        customer.pop("legalType", None)


def of_this_tenant(body):
    body = dict(body)
    if "resellerId" in body:
        body["resellerId"] = known(body["resellerId"])
    if isinstance(body.get("providerCustomers"), dict):
        body["providerCustomers"] = {known(key): entry(value) for key, value in body["providerCustomers"].items()}
    if isinstance(body.get("customerAssociations"), list):
        body["customerAssociations"] = associations(body["customerAssociations"])
    return body


def entry(value):
    if isinstance(value, dict) and "providerInstanceId" in value:
        return {**value, "providerInstanceId": known(value["providerInstanceId"])}
    return value


def associations(values):
    seen, kept = set(), []
    for value in values:
        if isinstance(value, dict) and "resellerId" in value:
            value = {**value, "resellerId": known(value["resellerId"])}
            if value["resellerId"] == KNOWN and KNOWN in seen:
                continue
            if value["resellerId"] == KNOWN:
                seen.add(KNOWN)
        kept.append(value)
    return kept
