-- Reads the table once, while others read and write it.

alter table customers validate constraint customers_source_version_check;
