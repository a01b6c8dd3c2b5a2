#!/usr/bin/env bash
# Bucket with object lock, the service's account and what it may do, in a fresh or an old versitygw: running
# it again changes nothing. Wants S3_ENDPOINT; reads the secrets of root and of the service (files s3-root
# and s3-service) from the folder named by its argument.
set -euo pipefail
secrets=$1
here=$(cd "$(dirname "$0")" && pwd)

# s3 METHOD PATH [CURL ARGUMENTS]: signed as root; prints the status. Secrets travel on file descriptors:
# arguments are visible to the whole machine.
s3() {
  local method=$1 path=$2
  shift 2
  curl -s -o /dev/null -w '%{http_code}' --max-time 30 --aws-sigv4 aws:amz:us-east-1:s3 \
    -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' -X "$method" "$@" "$S3_ENDPOINT$path" \
    -K <(printf 'user = "root:%s"\n' "$(<"$secrets/s3-root")")
}

# expect STATUSES METHOD PATH [CURL ARGUMENTS]
expect() {
  local wanted=$1 status
  shift
  status=$(s3 "$@")
  [[ " $wanted " == *" $status "* ]] || { echo "object storage: $1 $2: status $status" >&2 && exit 1; }
}

# 409: it is there already.
expect '200 409' PUT /somabrain -H 'x-amz-bucket-object-lock-enabled: true'
expect '201 409' PATCH /create-user --data-binary @<(printf \
  '<Account><Access>somabrain</Access><Secret>%s</Secret><Role>user</Role></Account>' \
  "$(<"$secrets/s3-service")")
expect '200 204' PUT '/somabrain?policy=' --data-binary "@$here/bucket-policy.json"
