#!/bin/sh
# Runs once in the PostgreSQL image, on an empty data directory: roles and schemas with the passwords of the secret files.
set -eu
set -- --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB"
for file in /run/secrets/peermesh_*_password; do
  set -- "$@" --set "$(basename "$file")=$(cat "$file")"
done
exec psql "$@" --file /peermesh/roles.sql
