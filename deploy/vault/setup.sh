#!/usr/bin/env bash
# Engines, policy and AppRole of the service, in a fresh or an old OpenBao: running it again changes
# nothing. Wants BAO_ADDR, BAO_TOKEN (root or as powerful) and `bao` in PATH; writes the service's
# role id and secret id into the folder named by its argument.
set -euo pipefail
out=$1
here=$(cd "$(dirname "$0")" && pwd)
"$here/engines.sh"
# Signs receipts of erasures. Made here because the service may not.
bao read transit/keys/soma-receipts >/dev/null 2>&1 ||
  bao write -f transit/keys/soma-receipts type=ed25519 exportable=false >/dev/null
# Signs checkpoints of the ledger.
bao read transit/keys/soma-ledger >/dev/null 2>&1 ||
  bao write -f transit/keys/soma-ledger type=ed25519 exportable=false >/dev/null
bao policy write somabrain "$here/somabrain.hcl" >/dev/null
bao write auth/approle/role/somabrain token_policies=somabrain token_ttl=1h token_max_ttl=24h \
  secret_id_num_uses=0 secret_id_ttl=0 >/dev/null
umask 077
bao read -field=role_id auth/approle/role/somabrain/role-id >"$out/vault-role-id"
if [ ! -s "$out/vault-secret-id" ]; then
  bao write -f -field=secret_id auth/approle/role/somabrain/secret-id >"$out/vault-secret-id"
fi
