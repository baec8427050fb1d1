import { Pool } from 'undici';

const pool = new Pool(process.env.AZOTTE_URL ?? 'http://127.0.0.1:8080');
const credentials = {
  'x-tn': process.env.AZOTTE_TENANT ?? 'e2a1c7b2-4f3a-4b8e-9c2d-1a2b3c4d5e6f',
  'x-api-key': process.env.AZOTTE_KEY ?? 'sk_dev_acme_sample_123456789',
};

async function c2a(endpoint, content) {
  const { statusCode, body } = await pool.request({
    method: content ? 'POST' : 'GET',
    path: `/api/v1/c2a/customer/${endpoint}`,
    headers: content ? { ...credentials, 'content-type': 'application/json' } : credentials,
    body: content && JSON.stringify(content),
  });
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`${endpoint}: ${statusCode} ${text}`);
  return JSON.parse(text);
}

const id = `undici-${crypto.randomUUID()}`;

// Is the identifier free?
console.log((await c2a('validate', { externalId: id })).isAvailable);

// Store the customer; keep the URN, every other service asks for it.
const { result: stored } = await c2a('store', {
  customer: { externalIdentifier: id, email: `${id}@example.com`, firstName: 'Jane', lastName: 'Doe' },
  claimedRegion: { countryCode: 'DE', languageCode: 'de' },
});
console.log(stored.customerUrn);

// Look it up.
console.log((await c2a(`info?urn=${stored.customerUrn}`)).result.options);

// Change what is named, keep the rest.
const change = { customerUrn: stored.customerUrn, lastName: 'Roe' };
console.log((await c2a('update', { customer: change })).result.version);

// Erase the person.
console.log((await c2a('delete', { customerUuid: stored.customerUrn })).status.messageCode);

await pool.close();
