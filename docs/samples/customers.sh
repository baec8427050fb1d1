#!/usr/bin/env bash
set -euo pipefail

url="${AZOTTE_URL:-http://127.0.0.1:8080}"
tenant="${AZOTTE_TENANT:-e2a1c7b2-4f3a-4b8e-9c2d-1a2b3c4d5e6f}"
key="${AZOTTE_KEY:-sk_dev_acme_sample_123456789}"

c2a() {
    local endpoint="$1"
    shift
    curl --silent --show-error --fail-with-body "$url/api/v1/c2a/customer/$endpoint" \
        --header "x-tn: $tenant" --header "x-api-key: $key" "$@"
    echo
}
json=(--header 'Content-Type: application/json' --data)
id="curl-$(date +%s%N)"

# Is the identifier free?
c2a validate "${json[@]}" '{ "externalId": "'"$id"'" }'

# Store the customer.
c2a store "${json[@]}" '{
    "customer": {
        "externalIdentifier": "'"$id"'",
        "email": "'"$id"'@example.com",
        "firstName": "Jane",
        "lastName": "Doe"
    },
    "claimedRegion": { "countryCode": "DE", "languageCode": "de" }
}'

# Look it up.
c2a info --get --data-urlencode "exId=$id"

# Change what is named, keep the rest.
c2a update "${json[@]}" '{ "customer": { "externalIdentifier": "'"$id"'", "lastName": "Roe" } }'

# Erase the person.
c2a delete "${json[@]}" '{ "externalIdentifier": "'"$id"'" }'
