#!/usr/bin/env bash
# As an operator's script: workflow.sh BASE_URL PIN RELEASE triggers a sync, follows it to its end and shows the result.
set -euo pipefail
base=$1 pin=$2 release=$3
job=$(curl -sS --fail-with-body -X POST "$base/metadata-sync/trigger/$release" -H "X-Admin-PIN: $pin" | jq -re .job_id)
echo "job $job"
curl -sSN --fail-with-body "$base/metadata-sync/progress/$job" -H "X-Admin-PIN: $pin"
echo
curl -sS --fail-with-body "$base/metadata-sync/status" -H "X-Admin-PIN: $pin" | jq -c .last_sync
curl -sS --fail-with-body "$base/metadata-sync/history?limit=1" -H "X-Admin-PIN: $pin" | jq -r '.[0].status'
curl -sS --fail-with-body -X POST "$base/metadata-sync/configure" -H "X-Admin-PIN: $pin" \
  -H "Content-Type: application/json" -d '{"enabled": true, "interval_hours": 12.0}' | jq -r .message
curl -sS -o /dev/null -w 'without a PIN: %{http_code}\n' "$base/metadata-sync/status"
