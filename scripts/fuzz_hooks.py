"""What schemathesis cannot read from the documents, because they say it in sentences, or not at all.

Two halves: formats that make values the server takes, and hooks that mend a request which is valid by its schema so
that it is valid by the sentences, too. A request made to be refused is left as it is.
"""

import itertools
import json
import re
import unicodedata
import uuid

import schemathesis
from hypothesis import strategies as st
from schemathesis.core.parameters import ParameterLocation

COUNTRIES = ["DE", "de", "pT", "GB", "US", "jp"]
LANGUAGES = ["de", "DE", "en", "pT", "ja"]

schemathesis.openapi.format("country-code", st.sampled_from(COUNTRIES))
schemathesis.openapi.format("language-code", st.sampled_from(LANGUAGES))
# A phone number's length depends on its country, so numbers are made for some.
schemathesis.openapi.format(
    "phone",
    st.builds(
        "{}{}".format,
        st.sampled_from(["+49 170 ", "+49-170-", "+351 912 ", "+44 (7700) "]),
        st.integers(min_value=100000, max_value=999999),
    ),
)
schemathesis.openapi.format(
    "idn-email",
    st.builds(
        "{}@{}.example".format,
        st.text("abcXYZ019.é", min_size=1, max_size=20).map(lambda local: local.strip(".").replace("..", ".") or "a"),
        st.text("abcxyzé", min_size=1, max_size=20),
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
TAGS = re.compile(r'\*|(W/)?"[^", ]*"(, *(W/)?"[^", ]*")*')
# Levels of `privacy` and of the further properties of `corporationInfo`.
LEVELS = 4
# And of those of an address.
ADDRESS_LEVELS = 2
# What shows nothing and is no format character.
INVISIBLE = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0" + "".join(map(chr, range(0xFE00, 0xFE10)))
IDENTIFIER = "crm-9981273"
TENANT = "e2a1c7b2-4f3a-4b8e-9c2d-1a2b3c4d5e6f"
CALLS = itertools.count(1)


@schemathesis.hook
def before_call(context, case, kwargs):
    operation = case.operation.label
    # Whatever a request was made for, its reseller and provider instance must be the tenant's.
    if operation == "POST /v1/Customers" and isinstance(case.body, dict):
        case.body = of_this_tenant(case.body)
    if operation.startswith("POST /api/") or operation.startswith("GET /api/"):
        keep_credentials(case)
    if not is_valid(case):
        # What is wrong with a customer is answered there, not refused.
        if operation.endswith("/validate") and isinstance(case.body, dict) and case.body.get("customer") is not None:
            case.body = {"externalId": 1}
        # A string of digits is taken for the number that the document shows.
        if isinstance(case.body, dict):
            items = case.body.get("items")
            for part in [case.body, *(items if isinstance(items, list) else [])]:
                for name in ("version", "sourceVersion"):
                    if isinstance(part, dict) and is_digits(part.get(name)):
                        part[name] = "x"
        return
    call = next(CALLS)
    mend_headers(case.headers, call)
    if operation.endswith("/info") and not case.query:
        case.query = {"exId": IDENTIFIER}
    for name, value in list((case.query or {}).items()):
        case.query[name] = "" if name == "search" and not value.strip() else clean(value)
    if (case.query or {}).get("continuationToken") is not None:
        del case.query["continuationToken"]
    if operation.endswith(("/events", "/export")):
        # A cursor that no answer held is 410, and a fuzzer does not wait.
        (case.query or {}).pop("after", None)
        (case.query or {}).pop("wait", None)
    if isinstance(case.body, dict):
        case.body = clean(case.body)
        mend_customer(case.body.get("customer"), operation, changes=is_update(case.body, operation))
        if operation.endswith("/validate"):
            case.body = {"externalId": IDENTIFIER} | case.body
            if case.body.get("customer") is not None or case.body["externalId"] is None:
                case.body["externalId"] = (case.body.get("customer") or {}).get("externalIdentifier", IDENTIFIER)
        if operation.endswith("/compare"):
            mend_comparison(case.body)
        if operation.endswith("/delete") and not (case.body.get("customerUuid") or case.body.get("externalIdentifier")):
            case.body["externalIdentifier"] = IDENTIFIER
        if operation == "POST /v1/Customers":
            mend_keys(case.body)
        # Every fourth call may meet a customer of an earlier one; more would be nothing but 409.
        if call % 4 and operation.endswith("/store"):
            make_new(case.body["customer"], call)
        if call % 4 and operation == "POST /v1/Customers":
            make_new(case.body, call)


def is_valid(case):
    return case.meta is None or case.meta.generation.mode.is_positive


def keep_credentials(case):
    """Else most answers would be 401: to a tenant that nobody has, or to a made-up bearer token beside the key."""
    headers = case.meta and case.meta.components.get(ParameterLocation.HEADER)
    if headers and headers.mode.is_negative:
        return
    if "x-tn" in (case.headers or {}):
        case.headers["x-tn"] = TENANT
    (case.headers or {}).pop("Authorization", None)


def clean(value):
    """The same without what no string may hold, and never blank; keys of objects likewise."""
    if isinstance(value, str):
        return "".join(c for c in value if not is_forbidden(c)).strip() or "x"
    if isinstance(value, list):
        return [clean(inner) for inner in value]
    if isinstance(value, dict):
        return {clean(key): code(key, clean(inner)) for key, inner in value.items()}
    return value


def code(key, value):
    """Two letters of the pattern are not yet a code: sometimes a value is made without its format."""
    codes = {"countryCode": COUNTRIES, "country": COUNTRIES, "languageCode": LANGUAGES}.get(key)
    return codes[0] if codes and isinstance(value, str) and value not in codes else value


def is_forbidden(c):
    code = ord(c)
    is_noncharacter = code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
    return is_noncharacter or c in INVISIBLE or unicodedata.category(c) in ("Cc", "Cf", "Cs")


def flat(value, levels):
    """The same with nothing below this many levels."""
    if isinstance(value, list):
        return [flat(inner, levels - 1) for inner in value] if levels else None
    if isinstance(value, dict):
        return {key: flat(inner, levels - 1) for key, inner in value.items()} if levels else None
    return value


def mend_headers(headers, call):
    for name, value in list((headers or {}).items()):
        if name.lower() in ("if-match", "if-none-match") and not TAGS.fullmatch(value):
            headers[name] = '"1"'
        # One of its own: most would be 422 else, for another content under a known key.
        if name.lower() == "idempotency-key":
            headers[name] = f"{call}-" + re.sub("[^!-~]", "k", value)[:200]


def is_digits(value):
    return isinstance(value, str) and re.fullmatch("-?[0-9]+", value)


def is_update(body, operation):
    """Of a customer that may be there: what it is then hangs on what is stored."""
    return operation.endswith("/update") or str(body.get("onConflict")).lower() == "update"


def mend_customer(customer, operation, changes):
    if not isinstance(customer, dict):
        return
    for field, levels in (("privacy", LEVELS), ("corporationInfo", LEVELS), ("primaryBillingAddress", ADDRESS_LEVELS)):
        if isinstance(customer.get(field), dict):
            customer[field] = flat(customer[field], levels)
    # Whether a company may lose its `corporationInfo`, or a person become one, hangs on what is stored.
    if customer.get("corporationInfo") is None:
        customer.pop("legalType", None)
        if changes:
            customer.pop("corporationInfo", None)
    # What a customer always has, and an update cannot clear.
    for field in ("legalType", "status"):
        if changes and customer.get(field) is None:
            customer.pop(field, None)
    if str(customer.get("status")).lower() == "anonymized":
        customer["status"] = "Active"
    if operation.endswith("/update") and not (customer.get("customerUrn") or customer.get("externalIdentifier")):
        customer["externalIdentifier"] = IDENTIFIER


def mend_comparison(body):
    """Ranges or items, each in the order of bytes; what is beyond the schema is between the properties."""
    if body.get("ranges") is not None or body.get("items") is None:
        for name in ("after", "upTo", "items"):
            body.pop(name, None)
        body["ranges"] = [in_order(part) for part in body.get("ranges") or []]
        return
    body.pop("ranges", None)
    body.update({"after": "", "upTo": None})
    items = {item["externalIdentifier"][:255]: item for item in body["items"]}
    for identifier, item in items.items():
        item["externalIdentifier"] = identifier
        if item.get("version") is None:
            item["version"] = 1
    body["items"] = list(items.values())


def in_order(part):
    after, up_to = part.get("after") or "", part.get("upTo")
    if up_to is not None and up_to <= after:
        part["after"], part["upTo"] = (up_to, after) if up_to != after else (after, None)
    return part


def make_new(customer, call):
    """A customer of its own identities, on either surface."""
    if "externalIdentifier" in customer:
        customer["externalIdentifier"] = f"{call}-{customer['externalIdentifier'][:200]}"
    if customer.get("id"):
        customer["id"] = str(uuid.UUID(int=call))
    if "@" in (customer.get("email") or ""):
        customer["email"] = f"{call}@{customer['email'].split('@')[-1]}"
    for phone in ("phone", "phoneNumber"):
        if (customer.get(phone) or "").startswith("+"):
            customer[phone] = f"+49 170 {1000000 + call}"


def mend_keys(body):
    """The keys of the dictionaries: only the known provider instance, and offer types of at most 100 characters."""
    providers = body.get("providerCustomers")
    if not isinstance(providers, dict):
        return
    body["providerCustomers"] = {KNOWN: list(providers.values())[0]} if providers else {}
    for provider in body["providerCustomers"].values():
        if provider.get("providerInstanceId") is not None:
            provider["providerInstanceId"] = KNOWN
        margins = provider.get("offerTypeMargins")
        if isinstance(margins, dict):
            margins = {clean(key[:100]): margin for key, margin in margins.items()}
            # Alone it would be the wrapping of older clients.
            margins = {key if key.lower() != "value" else "license": margin for key, margin in margins.items()}
            provider["offerTypeMargins"] = margins


def known(value):
    """The known id for any that could be one; everything else as it is, to be refused."""
    return KNOWN if isinstance(value, str) and UUID.fullmatch(value) else value


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
