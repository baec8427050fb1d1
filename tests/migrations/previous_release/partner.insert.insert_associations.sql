insert into customer_associations (tenant_id, customer_number, reseller_id, name)
select $1, $2, association.reseller_id, association.name
from unnest($3::uuid[], $4::text[]) as association (reseller_id, name)
