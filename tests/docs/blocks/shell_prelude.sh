# What blocks of shell in the documentation run after: PYTHON, ROOT, CALLS and CELERIAC_* are set, and PATH holds harmless tools only.
set -euo pipefail

# Of what is not installed or would change the machine, only the arguments are noted, and judged afterwards.
note() { printf '%s\0' "$@" >> "$CALLS"; printf '\n' >> "$CALLS"; }
pip() { note pip "$@"; }
docker() { note docker "$@"; }
apt-get() { note apt-get "$@"; }
useradd() { note useradd "$@"; }
systemctl() { note systemctl "$@"; }
make() { note make "$@"; command make --dry-run --directory "$ROOT" "$@" > /dev/null; }

celeriac() { "$PYTHON" -m tests.docs.blocks.command_stand_in "$@"; }
python() { if [ "${1-} ${2-}" = "-m venv" ]; then note python "$@"; else "$PYTHON" "$@"; fi; }
python3() { python "$@"; }
redis-cli() { command redis-cli -u "$CELERIAC_REDIS_URL" "$@"; }

# Each answer leaves its status; a stream without an end is left after three seconds.
curl() {
    local ended=0
    command curl -sS --noproxy '*' --write-out '%{stderr}\nstatus %{http_code}\n' --max-time "${STREAM_SECONDS:-60}" "$@" || ended=$?
    [ "$ended" = 0 ] || { [ "$ended" = 28 ] && [ -n "${STREAM_SECONDS:-}" ]; }
}
