-- The version of the record in the tenant's own system, by which a message that arrives late is told from a newer one.
-- Never indexed: an update that writes it stays within its page.
--
-- An erasure clears it. That of the release before does not know it, and runs on this schema too: so customers_erased_check
-- does not demand it yet, or that release could erase no customer that has one. The release after this one clears what such
-- erasures left behind, and then adds it to the check:
--
--   update customers set source_version = null where erased_at is not null and source_version is not null;

alter table customers add column source_version bigint;

comment on column customers.source_version is 'The tenant''s own version of the record, by the last message that had one. An older message is not applied.';
