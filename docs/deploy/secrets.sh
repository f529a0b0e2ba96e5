#!/bin/sh
# Makes the secrets that compose.yaml wants, once; what is there stays as it is.
set -eu
cd "$(dirname "$0")"
umask 077
mkdir -p secrets
if [ ! -e secrets/postgres-password ]; then
  head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n' > secrets/postgres-password
fi
password=$(cat secrets/postgres-password)
if [ ! -e secrets/pgbouncer-users ]; then
  printf '"minsheng" "%s"\n' "$password" > secrets/pgbouncer-users
fi
if [ ! -e secrets/desk.toml ]; then
  cat > secrets/desk.toml <<END
# Everything README.md lists may stand here. Platforms are off until their section is written.
[storage]
url = "postgresql://minsheng:$password@pgbouncer:6432/minsheng"

[web]
public_url = "https://desk.example.org"
END
fi
# Containers read them as users of their own; the folder keeps everybody else out.
chmod 0700 secrets
chmod 0644 secrets/postgres-password secrets/pgbouncer-users secrets/desk.toml
echo "The secrets are in $(pwd)/secrets. Write your platforms into desk.toml."
