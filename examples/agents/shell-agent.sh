#!/bin/sh
# An agent in a shell: takes the oldest question, and accepts it with the given JSON or declines it.
#
#     examples/agents/shell-agent.sh .lighthouse/agents/bob.json accept '{"ship":true}'
#     examples/agents/shell-agent.sh .lighthouse/agents/bob.json decline 'not today'
#
# Needs curl, jq, openssl and od. An answer is a JWS (RFC 7515) over canonical JSON (RFC 8785) with HMAC-SHA256. The
# secrets go through pipes and never into a process's arguments, which everybody on the machine can read; that is why the
# HMAC is built here from two SHA-256 of openssl's (RFC 2104) instead of `openssl dgst -hmac SECRET`.
# `jq -S` is canonical for what is in an answer, as long as texts have no DEL and members no character beyond U+FFFF.
set -eu
credential=$1 action=$2 said=$3
url=$(jq -r .url "$credential")

# $1: method, $2: path, standard input: body. Prints the reply's body, whatever the status is.
call() {
  jq -r '"header = \"Authorization: Bearer \(.token)\""' "$credential" |
    curl -sS -K - -X "$1" "$url$2" ${3+-H "Content-Type: application/json" --data-binary "@$3"}
}
base64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }
bytes() { # hex on standard input → bytes
  while IFS= read -r hex || [ -n "$hex" ]; do
    while [ -n "$hex" ]; do
      rest=${hex#??}
      printf "\\$(printf '%03o' "0x${hex%"$rest"}")"
      hex=$rest
    done
  done
}
xored() { # $1: key as hex, padded to 64 bytes; $2: one byte to combine each of it with
  rest=$1
  while [ -n "$rest" ]; do
    tail=${rest#??}
    printf '%02x' $((0x${rest%"$tail"} ^ $2))
    rest=$tail
  done
}

items=$(mktemp) body=$(mktemp)
trap 'rm -f "$items" "$body"' EXIT
call GET '/v1/inbox?limit=1' >"$items"
if [ "$(jq '.items | length' "$items")" = 0 ]; then
  echo "no question waits" >&2
  exit 1
fi

payload=$(jq -cSj --arg action "$action" --arg said "$said" --argjson now "$(date +%s)" '.items[0].offer | {
  v: 1, typ: "lighthouse.answer", aud: .audience, eid: .id, req: .requestHash, schema: .schemaHash,
  challenge, from: .to, to: .from, action: $action,
  content: (if $action == "accept" then ($said | fromjson) else null end),
  reason: (if $action == "accept" then "" else $said end),
  seq: (now * 1000 | floor), iat: $now}' "$items" | base64url)
protected=$(jq -cSj '{alg: "HS256", kid: .macKid, typ: "lighthouse-answer+jws"}' "$credential" | base64url)

key=$(jq -rj '.macSecret | gsub("-"; "+") | gsub("_"; "/") | . + "=" * ((4 - length % 4) % 4)' "$credential" |
  openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n')
while [ ${#key} -lt 128 ]; do key=${key}00; done
inner=$({ xored "$key" 0x36 | bytes; printf '%s.%s' "$protected" "$payload"; } | openssl dgst -sha256 -r | cut -d' ' -f1)
signature=$({ xored "$key" 0x5c | bytes; printf '%s' "$inner" | bytes; } | openssl dgst -sha256 -binary | base64url)

jq -n --arg payload "$payload" --arg protected "$protected" --arg signature "$signature" \
  '{answer: {payload: $payload, signatures: [{protected: $protected, signature: $signature}]}}' >"$body"
call POST "/v1/elicitations/$(jq -r '.items[0].offer.id' "$items")/answer" "$body" | jq .
