// The endpoints `info` and `store` with Express, and Zod for validation.
import express from "express";
import { z } from "zod";
import { find, isAllowed, store, taken } from "./customers.js";

const SUCCESS = { messageCode: "SUCCESS" };

const identifier = z.string().min(1);
const anyObject = z.record(z.string(), z.unknown());
const Info = z
  .object({ urn: z.string().regex(/^cu\.00\.[1-9][0-9]{0,17}$/).optional(), exId: identifier.optional() })
  .refine(({ urn, exId }) => urn ?? exId);
const Store = z.object({
  customer: z.object({
    externalIdentifier: identifier,
    email: z.string().optional(),
    phoneNumber: z.string().optional(),
    salutation: z.string().optional(),
    firstName: z.string().optional(),
    lastName: z.string().optional(),
    gender: z.enum(["Female", "Male", "Other", "Unspecified"]).optional(),
    legalType: z.enum(["Individual", "Corporate"]).optional(),
    primaryBillingAddress: anyObject.optional(),
    corporationInfo: anyObject.optional(),
    privacy: anyObject.optional(),
    status: z.string().optional(),
  }),
  claimedRegion: z.object({ countryCode: z.string(), languageCode: z.string() }),
});

const app = express();
// Nobody caches these answers: without their hashes it is faster.
app.disable("etag");
app.disable("x-powered-by");

app.use((request, response, next) => {
  if (isAllowed(request.headers)) next();
  else response.status(401).end();
});
app.use(express.json());

app.get("/api/c2a/customer/info", async (request, response) => {
  const result = await find(Info.parse(request.query));
  if (result) response.json({ result, status: SUCCESS });
  else fail(response, 404, "CUSTOMER_NOT_FOUND");
});

app.post("/api/c2a/customer/store", async (request, response) => {
  const { customer, claimedRegion } = Store.parse(request.body);
  response.json({ result: await store(customer, claimedRegion), status: SUCCESS });
});

// Four parameters: so Express knows that it is for errors.
app.use((error, request, response, next) => {
  if (taken(error)) return fail(response, 409, taken(error));
  if (error instanceof z.ZodError) return fail(response, 400, "INVALID_REQUEST");
  if (error.status < 500) return fail(response, error.status, "INVALID_REQUEST");
  console.error(error);
  fail(response, 500, "INTERNAL_SERVER_ERROR");
});

function fail(response, code, messageCode) {
  response.status(code).json({ status: { messageCode } });
}

app.listen(Number(process.env.PORT), "127.0.0.1");
