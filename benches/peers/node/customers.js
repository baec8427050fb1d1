// What does not depend on the framework: customers in PostgreSQL, with pg, and who may ask for them.
import { hash, randomInt, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import pg from "pg";

const { API_KEY, DATABASE_URL, TENANT } = process.env;

const SEPA = new Set(
  ("AD AL AT AX BE BG BL CH CY CZ DE DK EE ES FI FR GB GF GG GI GP GR HR HU IE IM IS IT JE LI LT LU LV MC MD ME " +
    "MF MK MQ MT NL NO PL PM PT RE RO RS SE SI SK SM VA YT").split(" "),
);
const TAKEN = {
  customers_tenant_id_external_id_key: "CUSTOMER_ALREADY_STORED",
  customers_tenant_id_email_key_key: "USER_WITH_SAME_EMAIL_EXISTS",
  customers_tenant_id_phone_number_key: "USER_WITH_SAME_PHONE_NUMBER_EXISTS",
};

const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 8 });
const findByNumber = statement("find_by_number");
const findByExternalId = statement("find_by_external_id");
const insert = statement("store");

const keyHash = hash("sha256", API_KEY, "buffer");

export function isAllowed({ "x-api-key": key = "", "x-tn": tenant = "" }) {
  return timingSafeEqual(hash("sha256", key, "buffer"), keyHash) && tenant.toLowerCase() === TENANT;
}

/** `undefined`: no such customer. */
export async function find({ urn, exId }) {
  const { rows } = urn
    ? await pool.query({ ...findByNumber, values: [TENANT, urn.slice("cu.00.".length)] })
    : await pool.query({ ...findByExternalId, values: [TENANT, exId] });
  if (rows.length === 0) return undefined;
  const availableChannels = SEPA.has(rows[0].country_code) ? ["CARD", "SEPA"] : ["CARD"];
  return { ...view(rows[0]), options: { availableChannels, canSavePaymentMethod: true } };
}

/** The customer and its event, in one statement; rejects where `taken` says so. */
export async function store(customer, claimedRegion) {
  const { rows } = await pool.query({
    ...insert,
    values: [
      TENANT, nextNumber(), customer.externalIdentifier, customer.email, customer.phoneNumber, customer.salutation,
      customer.firstName, customer.lastName, customer.gender, customer.legalType ?? "Individual",
      customer.primaryBillingAddress, customer.corporationInfo, customer.privacy,
      claimedRegion.countryCode, claimedRegion.languageCode, customer.status ?? "Active",
    ],
  });
  return view(rows[0]);
}

/** Which identity was taken, by the error of `store`. */
export function taken(error) {
  return error.code === "23505" ? TAKEN[error.constraint] : undefined;
}

/** With a name, so that each connection prepares it once. */
function statement(name) {
  return { name, text: readFileSync(new URL(`../sql/${name}.sql`, import.meta.url), "utf8") };
}

// Ordered by time, random within a millisecond, and never twice in one process.
const EPOCH = Date.UTC(2025, 0);
let last = 0n;
function nextNumber() {
  const number = (BigInt(Date.now() - EPOCH) << 22n) | BigInt(randomInt(1 << 22));
  last = number > last ? number : last + 1n;
  return last;
}

// `undefined` is left out of an answer; `null` would not be.
function view(row) {
  return {
    customerUrn: `cu.00.${row.number}`,
    externalIdentifier: row.external_id,
    email: row.email ?? undefined,
    phoneNumber: row.phone_number ?? undefined,
    salutation: row.salutation ?? undefined,
    firstName: row.first_name ?? undefined,
    lastName: row.last_name ?? undefined,
    gender: row.gender ?? undefined,
    legalType: row.legal_type,
    primaryBillingAddress: row.billing_address ?? undefined,
    corporationInfo: row.corporation_info ?? undefined,
    privacy: row.privacy ?? undefined,
    claimedRegion: { countryCode: row.country_code, languageCode: row.language_code },
    status: row.status,
    version: Number(row.version),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
