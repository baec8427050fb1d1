const url = process.env.AZOTTE_URL ?? 'http://127.0.0.1:8080';
const tenant = process.env.AZOTTE_TENANT ?? 'e2a1c7b2-4f3a-4b8e-9c2d-1a2b3c4d5e6f';
const key = process.env.AZOTTE_KEY ?? 'sk_dev_acme_sample_123456789';

async function c2a(endpoint, body) {
  const response = await fetch(`${url}/api/v1/c2a/customer/${endpoint}`, {
    method: body ? 'POST' : 'GET',
    headers: { 'x-tn': tenant, 'x-api-key': key, ...(body && { 'Content-Type': 'application/json' }) },
    body: body && JSON.stringify(body),
  });
  const answer = response.status === 401 ? null : await response.json();
  if (answer?.status.messageCode !== 'SUCCESS') {
    throw new Error(`${endpoint}: ${response.status} ${answer?.status.messageCode ?? ''}`);
  }
  return answer;
}

const id = `fetch-${crypto.randomUUID()}`;

// Is the identifier free?
console.log((await c2a('validate', { externalId: id })).isAvailable);

// Store the customer; keep the URN, every other service asks for it.
const { result: stored } = await c2a('store', {
  customer: { externalIdentifier: id, email: `${id}@example.com`, firstName: 'Jane', lastName: 'Doe' },
  claimedRegion: { countryCode: 'DE', languageCode: 'de' },
});
console.log(stored.customerUrn);

// Look it up.
console.log((await c2a(`info?exId=${encodeURIComponent(id)}`)).result.options);

// Change what is named, keep the rest.
const change = { customerUrn: stored.customerUrn, lastName: 'Roe' };
console.log((await c2a('update', { customer: change })).result.version);

// Erase the person.
console.log((await c2a('delete', { customerUuid: stored.customerUrn })).status.messageCode);
