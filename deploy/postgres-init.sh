#!/bin/bash
# Run once by the image of PostgreSQL, when its volume is empty: the owner of the database, and the roles that own nothing.
# docs/least-privilege.sql gives those their rights, after each migration.
set -euo pipefail

run() {
    psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" "$@"
}

for role in owner server operator; do
    run --set=role="customers_$role" --set=password="$(cat "/run/secrets/$role-password")" <<'SQL'
create role :"role" login password :'password';
SQL
done
run --set=database="$POSTGRES_DB" <<'SQL'
alter database :"database" owner to customers_owner;
SQL
