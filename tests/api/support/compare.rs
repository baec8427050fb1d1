//! What a client makes of its own records: digests and ranges, by no code of the server's.

use azotte_customers::sandbox::seed;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Client, Reply, Server};

/// Of identifiers and what they are compared by, as text.
pub fn digest(records: &[(&str, &str)]) -> String {
    let mut xor = [0_u8; 16];
    for (id, number) in records {
        let hash = Sha256::digest([id.as_bytes(), b"\n", number.as_bytes()].concat());
        xor.iter_mut().zip(hash).for_each(|(byte, of_record)| *byte ^= of_record);
    }
    xor.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// All records behind `after`, up to and with `up_to`.
pub fn range(after: &str, up_to: Option<&str>, records: &[(&str, &str)]) -> Value {
    json!({ "after": after, "upTo": up_to, "count": records.len(), "digest": digest(records) })
}

pub fn item(id: &str, version: i64) -> Value {
    json!({ "externalIdentifier": id, "version": version })
}

impl Client {
    pub async fn compare(&self, body: &Value) -> Reply {
        self.c2a("compare", body).await
    }

    /// One range, by version.
    pub async fn compare_range(&self, range: Value) -> Value {
        let reply = self.compare(&json!({ "by": "version", "ranges": [range] })).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()["result"]["ranges"][0].clone()
    }

    /// The items of the range without limits, by version.
    pub async fn compare_items(&self, items: &[Value]) -> Value {
        let reply = self.compare(&json!({ "by": "version", "items": items })).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()["result"].clone()
    }
}

impl Server {
    /// Customers of the sandbox tenant that no endpoint would make: `crm-00001` and so on, at version 1.
    pub async fn many(&self, customers: i64) {
        let insert = "insert into customers
                (tenant_id, number, external_id, legal_type, country_code, language_code, status)
            select $1, number, 'crm-' || lpad(number::text, 7, '0'), 'Individual', 'DE', 'de', 'Active'
            from generate_series(1, $2) as number";
        sqlx::query(insert).bind(seed::TENANT_ID.0).bind(customers).execute(&self.pool).await.unwrap();
    }

    /// A customer with an identifier that was valid once.
    pub async fn plant(&self, tenant: Uuid, external_id: &str) {
        let insert = "insert into customers
                (tenant_id, number, external_id, legal_type, country_code, language_code, status)
            select $1, 1 + count(*), $2, 'Individual', 'DE', 'de', 'Active'
            from customers where tenant_id = $1";
        sqlx::query(insert).bind(tenant).bind(external_id).execute(&self.pool).await.unwrap();
    }
}
