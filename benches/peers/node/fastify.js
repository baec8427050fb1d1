// The endpoints `info` and `store` with Fastify, which validates and serialises by JSON Schema.
import Fastify from "fastify";
import { find, isAllowed, store, taken } from "./customers.js";

const SUCCESS = { messageCode: "SUCCESS" };

const text = { type: "string" };
const identifier = { type: "string", minLength: 1 };
const anyObject = { type: "object", additionalProperties: true };
const region = {
  type: "object",
  required: ["countryCode", "languageCode"],
  properties: { countryCode: text, languageCode: text },
};
const fields = {
  externalIdentifier: identifier,
  email: text,
  phoneNumber: text,
  salutation: text,
  firstName: text,
  lastName: text,
  gender: { enum: ["Female", "Male", "Other", "Unspecified"], ...text },
  legalType: { enum: ["Individual", "Corporate"], ...text },
  primaryBillingAddress: anyObject,
  corporationInfo: anyObject,
  privacy: anyObject,
  status: text,
};
const customer = { type: "object", required: ["externalIdentifier"], properties: fields };
const time = { type: "string", format: "date-time" };
const stored = {
  customerUrn: text, ...fields, claimedRegion: region, version: { type: "integer" }, createdAt: time, updatedAt: time,
};
const options = {
  type: "object",
  properties: { availableChannels: { type: "array", items: text }, canSavePaymentMethod: { type: "boolean" } },
};
const status = { type: "object", properties: { messageCode: text } };
const answer = (properties) => ({
  200: { type: "object", properties: { result: { type: "object", properties }, status } },
});

const info = {
  querystring: {
    type: "object",
    properties: { urn: { type: "string", pattern: "^cu\\.00\\.[1-9][0-9]{0,17}$" }, exId: identifier },
    anyOf: [{ required: ["urn"] }, { required: ["exId"] }],
  },
  response: answer({ ...stored, options }),
};
const storing = {
  body: { type: "object", required: ["customer", "claimedRegion"], properties: { customer, claimedRegion: region } },
  response: answer(stored),
};

const app = Fastify();

app.addHook("onRequest", async (request, reply) => {
  if (!isAllowed(request.headers)) return reply.code(401).send();
});

app.get("/api/c2a/customer/info", { schema: info }, async (request, reply) => {
  const result = await find(request.query);
  return result ? { result, status: SUCCESS } : fail(reply, 404, "CUSTOMER_NOT_FOUND");
});

app.post("/api/c2a/customer/store", { schema: storing }, async ({ body }) => {
  return { result: await store(body.customer, body.claimedRegion), status: SUCCESS };
});

app.setErrorHandler((error, request, reply) => {
  if (taken(error)) return fail(reply, 409, taken(error));
  if (error.statusCode < 500) return fail(reply, error.statusCode, "INVALID_REQUEST");
  console.error(error);
  return fail(reply, 500, "INTERNAL_SERVER_ERROR");
});

function fail(reply, code, messageCode) {
  return reply.code(code).send({ status: { messageCode } });
}

await app.listen({ host: "127.0.0.1", port: Number(process.env.PORT) });
