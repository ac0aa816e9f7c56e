# Processes the lab started, known by pid and start time, never by name. Sourced, never run.
# shellcheck shell=bash

MARK=HOLDFAST_LAB_MEMBER # in the environment of every process that belongs to a lab; its value is the state directory

# start_time PID: field 22 of its stat line, empty when there is no such process.
start_time() {
  local line
  { read -r line <"/proc/$1/stat"; } 2>/dev/null || return 0
  line=${line##*) }
  # shellcheck disable=SC2086
  set -- $line
  printf '%s' "${20}"
}

process_state() {
  local line
  { read -r line <"/proc/$1/stat"; } 2>/dev/null || return 0
  line=${line##*) }
  printf '%s' "${line%% *}"
}

# remember PID FILE: the pid together with its start time, so that a recycled pid is never taken for ours.
remember() { printf '%s %s\n' "$1" "$(start_time "$1")" >"$2"; }

# remembered FILE: the pid if that very process still exists, a dying one included; nothing otherwise.
# A zombie counts as gone: the kernel makes a namespace's first process one only after all the others ended.
remembered() {
  local pid started
  { read -r pid started <"$1"; } 2>/dev/null || return 0
  [[ -n $started && $(start_time "$pid") == "$started" && $(process_state "$pid") != Z ]] || return 0
  if [[ -s /proc/$pid/environ ]] && ! is_member "$pid"; then return 0; fi
  printf '%s' "$pid"
}

is_member() { grep -qzxsF "$MARK=$STATE" "/proc/$1/environ"; }

# gone FILE: true when the process remembered there is no more.
gone() { [[ -z $(remembered "$1") ]]; }

# end_remembered FILE: kills it and waits until it is gone.
end_remembered() {
  local pid
  pid=$(remembered "$1")
  if [[ -n $pid ]]; then
    kill -KILL "$pid" 2>/dev/null || true
    wait_for "$GONE_SECONDS" gone "$1" || return 1
  fi
  rm -f "$1"
}

# end_members: whatever still carries this lab's mark, for a lab whose pid files are lost or whose command was killed.
end_members() {
  local round file pid left
  for round in 1 2 3 4 5; do
    left=0
    for file in $(grep -lzxsF "$MARK=$STATE" /proc/[0-9]*/environ || true); do
      pid=${file#/proc/}
      pid=${pid%/environ}
      left=1
      kill -KILL "$pid" 2>/dev/null || true
    done
    ((left)) || return 0
    sleep 0.0$((round * 2))
  done
  return 1
}
