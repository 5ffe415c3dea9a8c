# What the examples share, to be sourced: where the server is, and a request. It takes curl, and python3 for `field`.
set -eu
url=${PROMPTYARD_URL:-http://127.0.0.1:8000}

# METHOD PATH [curl's options]: the body comes from standard input. --fail-with-body shows an error's answer, too.
send() {
  method=$1 path=$2
  shift 2
  curl --silent --show-error --no-buffer --fail-with-body --request "$method" "$url$path" \
    --header "Authorization: Bearer ${PROMPTYARD_API_KEY:-none}" --header 'Content-Type: application/json' "$@"
}

# An expression about the JSON document `it`, from standard input.
field() {
  python3 -c "import json, sys; it = json.load(sys.stdin); print($1)"
}
