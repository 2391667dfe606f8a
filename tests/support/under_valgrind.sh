#!/usr/bin/env bash
# Runs one test under valgrind, with its own exit code, or 99 where valgrind has something to say.
# Usage: under_valgrind.sh PROGRAM [ARGUMENT...]
set -uo pipefail
reports=$(mktemp -d)
trap 'rm -rf "$reports"' EXIT

valgrind --quiet --leak-check=full --show-leak-kinds=definite,indirect,possible \
    --errors-for-leak-kinds=definite,indirect,possible --error-exitcode=99 --track-fds=yes \
    --suppressions="$(dirname "$0")/../valgrind.supp" --log-file="$reports/%p" "$@" &
program=$!
wait "$program"
status=$?

# A descriptor left open is told, but is no error to valgrind 3.19. What a forked child leaves open does not count: it
# ends by _exit with all that it inherited.
left_open=$(awk '/Open file descriptor/ { line = $0; getline; if (!/inherited from parent/) print line }' "$reports/$program")
if [[ -n $left_open ]] || ((status == 99)); then
    cat "$reports"/*
    exit 99
fi
exit "$status"
