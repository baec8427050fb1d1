-- E-mail addresses are compared in NFC: keys that were made before this are brought into that form.
-- Where two customers of a tenant would then have one key, the one with the lower number gets it, and the other keeps the
-- key that it has; `email_key is not nfc normalized` finds it.

update customers
set email_key = canonical.email_key
from (
    select
        tenant_id,
        number,
        email_key,
        row_number() over (partition by tenant_id, email_key order by number) as position
    from (
        select
            tenant_id,
            number,
            normalize(
                translate(normalize(email_key, nfc), 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz'),
                nfc
            ) as email_key
        from customers
        where email_key is not null
          and email_key is not nfc normalized
    ) as normalized
) as canonical
where customers.tenant_id = canonical.tenant_id
  and customers.number = canonical.number
  and canonical.position = 1
  and not exists (
      select
      from customers as holder
      where holder.tenant_id = canonical.tenant_id
        and holder.email_key = canonical.email_key
  );
