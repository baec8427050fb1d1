-- For new rows. The rows that are there are looked at apart from this, by the next migration, beside traffic.

alter table customers add constraint customers_source_version_check check (source_version >= 0) not valid;
