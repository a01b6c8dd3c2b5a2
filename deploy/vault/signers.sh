#!/usr/bin/env bash
# signers.sh FOLDER NAME...: for each name an Ed25519 key that never leaves OpenBao, a policy for that key
# alone, and an AppRole under it. Running it again changes nothing. Wants BAO_ADDR, BAO_TOKEN (root or as
# powerful) and `bao` in PATH, after setup.sh; writes NAME-role-id and NAME-secret-id into the folder.
set -euo pipefail
out=$1
shift
here=$(cd "$(dirname "$0")" && pwd)
umask 077
for name in "$@"; do
  [[ $name =~ ^soma-signer-[a-z0-9-]+$ ]] || { echo "a signer is called soma-signer-…, not $name" >&2 && exit 1; }
  bao read "transit/keys/$name" >/dev/null 2>&1 ||
    bao write -f "transit/keys/$name" type=ed25519 exportable=false >/dev/null
  sed "s/@SIGNER@/$name/" "$here/signer.hcl" | bao policy write "$name" - >/dev/null
  bao write "auth/approle/role/$name" token_policies="$name" token_no_default_policy=true token_ttl=10m \
    token_max_ttl=1h secret_id_num_uses=0 secret_id_ttl=0 >/dev/null
  bao read -field=role_id "auth/approle/role/$name/role-id" >"$out/$name-role-id"
  if [ ! -s "$out/$name-secret-id" ]; then
    bao write -f -field=secret_id "auth/approle/role/$name/secret-id" >"$out/$name-secret-id"
  fi
done
