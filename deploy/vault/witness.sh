#!/usr/bin/env bash
# witness.sh FOLDER: an Ed25519 key for the witness that never leaves OpenBao, a policy for that key and for the
# witness's own memory, and an AppRole under it. Running it again changes nothing. Better on an OpenBao that the
# service's operator does not run. Wants BAO_ADDR, BAO_TOKEN (root or as powerful) and `bao` in PATH; writes
# soma-witness-role-id and soma-witness-secret-id (0600) into the folder.
set -euo pipefail
out=$1
here=$(cd "$(dirname "$0")" && pwd)
"$here/engines.sh"
umask 077
bao read transit/keys/soma-witness >/dev/null 2>&1 ||
  bao write -f transit/keys/soma-witness type=ed25519 exportable=false >/dev/null
bao policy write soma-witness "$here/witness.hcl" >/dev/null
bao write auth/approle/role/soma-witness token_policies=soma-witness token_no_default_policy=true token_ttl=10m \
  token_max_ttl=1h secret_id_num_uses=0 secret_id_ttl=0 >/dev/null
bao read -field=role_id auth/approle/role/soma-witness/role-id >"$out/soma-witness-role-id"
if [ ! -s "$out/soma-witness-secret-id" ]; then
  bao write -f -field=secret_id auth/approle/role/soma-witness/secret-id >"$out/soma-witness-secret-id"
fi
