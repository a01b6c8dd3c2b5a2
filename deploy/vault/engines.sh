#!/usr/bin/env bash
# The engines that everything else is set up in: transit, KV version 2 at soma/, AppRole. Running it again changes
# nothing. Wants BAO_ADDR, BAO_TOKEN (root or as powerful) and `bao` in PATH.
set -euo pipefail
mounts=$(bao secrets list)
grep -q '^transit/' <<<"$mounts" || bao secrets enable -path=transit transit >/dev/null
grep -q '^soma/' <<<"$mounts" || bao secrets enable -path=soma -version=2 kv >/dev/null
# Every write must say which version it replaces: two makers of one key cannot both win. An engine that was
# just enabled refuses for as long as it makes itself ready.
refusals=0
until configured=$(bao write soma/config cas_required=true 2>&1); do
  [ $((refusals += 1)) -le 100 ] || { echo "$configured" >&2 && exit 1; }
  sleep 0.1
done
methods=$(bao auth list)
grep -q '^approle/' <<<"$methods" || bao auth enable approle >/dev/null
