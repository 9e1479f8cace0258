#!/bin/sh
# A prolog of Slurm: holds the node against requirements before a job starts. Anything but 0 drains the node and puts
# the job back into its queue; the reason is in `sinfo --list-reasons`.
#
# NETMIND_BIN            where netmind is installed                    (/opt/netmind/bin)
# NETMIND_REQUIREMENTS   the document, owned by root                   (/etc/netmind/requirements.toml)
# NETMIND_LIMIT_S        how long it may take; below PrologTimeout     (60)
# NETMIND_UNMEASURED     what to do where something could not be measured: drain, or run   (drain)
# NETMIND_JOB_GPUS       1: look only at the GPUs that the job gets    (0)
set -u

PATH=${NETMIND_BIN:-/opt/netmind/bin}:${PATH:-/usr/bin:/bin}
HOME=${HOME:-/root}
XDG_STATE_HOME=${XDG_STATE_HOME:-/var/lib}
export PATH HOME XDG_STATE_HOME

requirements=${NETMIND_REQUIREMENTS:-/etc/netmind/requirements.toml}
limit=${NETMIND_LIMIT_S:-60}

drain() {
  reason="netmind: $1"
  echo "$reason" >&2
  if command -v scontrol >/dev/null 2>&1; then
    scontrol update "NodeName=${SLURMD_NODENAME:-$(hostname -s)}" State=DRAIN "Reason=$reason" || true
  fi
  exit 1
}

report=$(mktemp) || drain "no temporary file can be made"
trap 'rm -f "$report"' EXIT

# The members of the document stand on lines of their own: the first summary of that status.
summary_of() {
  awk -v status="$1" '
    /^      "status": / { found = index($0, "\"" status "\"") }
    /^      "summary": / && found { sub(/^      "summary": "/, ""); sub(/",?$/, ""); print; exit }
  ' "$report"
}

set --
if [ "${NETMIND_JOB_GPUS:-0}" = 1 ] && [ -n "${SLURM_JOB_GPUS:-}" ]; then
  for index in $(echo "$SLURM_JOB_GPUS" | tr ',' ' '); do
    set -- "$@" --device "gpu:$index"
  done
fi

timeout --kill-after=5 "$limit" netmind validate "$requirements" "$@" --json --output "$report" 2>/dev/null
code=$?

case $code in
  0) exit 0 ;;
  1) drain "$(summary_of fail)" ;;
  2) drain "$requirements cannot be used: netmind validate $requirements says why" ;;
  3)
    why=$(summary_of error)
    [ "${NETMIND_UNMEASURED:-drain}" = run ] || drain "could not be measured: $why"
    echo "netmind: could not be measured, and the job runs: $why" >&2
    exit 0
    ;;
  124 | 137) drain "took longer than $limit s" ;;
  127) drain "netmind is not installed in ${NETMIND_BIN:-/opt/netmind/bin}" ;;
  *) drain "netmind validate ended with $code" ;;
esac
