// Stores, changes and looks up a customer with types that openapi-typescript made. See docs/generated-clients.md.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import createClient from "openapi-fetch";
import type { components, paths } from "./c2a.js";

type Store = components["schemas"]["StoreCustomerRequest"];
type Update = components["schemas"]["UpdateCustomerRequest"];

const client = createClient<paths>({
    baseUrl: process.env["SANDBOX_URL"] ?? "http://127.0.0.1:8080",
    headers: { "x-api-key": "sk_dev_acme_sample_123456789" },
});
const header = { "x-tn": "e2a1c7b2-4f3a-4b8e-9c2d-1a2b3c4d5e6f" };
const id = randomUUID();

const store: Store = {
    customer: {
        externalIdentifier: id,
        email: `${id}@example.com`,
        salutation: "Ms.",
        gender: "Female",
        legalType: "Corporate",
        primaryBillingAddress: { city: "Berlin", countryCode: "DE" },
        corporationInfo: { companyName: "Fabrikam", branch: { floor: 3 } },
        privacy: { newsletter: true },
    },
    claimedRegion: { countryCode: "DE", languageCode: "de" },
};
const stored = await client.POST("/api/v1/c2a/customer/store", { params: { header }, body: store });
assert.equal(stored.response.status, 200);
assert.equal(stored.data?.result.version, 1);
const urn: string = stored.data.result.customerUrn;

const update: Update = { customer: { customerUrn: urn, lastName: "Doe", salutation: null } };
const updated = await client.POST("/api/v1/c2a/customer/update", {
    params: { header: { ...header, "If-Match": '"1"' } },
    body: update,
});
assert.equal(updated.response.status, 200);
assert.equal(updated.data?.result.version, 2);

const found = await client.GET("/api/v1/c2a/customer/info", { params: { header, query: { urn } } });
assert.equal(found.response.status, 200);
const { version, email, lastName, salutation, options } = found.data!.result;
assert.deepEqual({ version, email, lastName, salutation }, {
    version: 2,
    // Absent kept it.
    email: `${id}@example.com`,
    lastName: "Doe",
    // null cleared it.
    salutation: undefined,
});
assert.ok(options.availableChannels.includes("CARD"));

const unknown = await client.GET("/api/v1/c2a/customer/info", { params: { header, query: { exId: `${id}x` } } });
assert.equal(unknown.response.status, 404);
assert.equal(unknown.error?.status.messageCode, "CUSTOMER_NOT_FOUND");
