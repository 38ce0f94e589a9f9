#!/usr/bin/env bash
# guard.sh FOLDER SIGNAL: waits until its standard input ends, which happens however the process at the other end ends. Then it ends all
# processes with the working directory FOLDER/data, with SIGNAL first, and removes FOLDER.
folder=$1 signal=$2

processes() {
  local process
  for process in /proc/[0-9]*; do
    if [ "$process/cwd" -ef "$folder/data" ]; then echo "${process#/proc/}"; fi
  done
}

cat > /dev/null
for attempt in {1..200}; do
  mapfile -t pids < <(processes)
  [ ${#pids[@]} -gt 0 ] || break
  # Three seconds to end, then the signal that a stopped or hung process can't ignore.
  if [ "$attempt" -eq 1 ]; then kill -s "$signal" "${pids[@]}"; kill -s CONT "${pids[@]}"; fi 2> /dev/null
  if [ "$attempt" -gt 150 ]; then kill -s KILL "${pids[@]}" 2> /dev/null; fi
  sleep 0.02
done
rm -rf "$folder"
