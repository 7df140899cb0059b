# Runs one PostgreSQL cluster for as long as standard input stays open, then removes it.
#
# Arguments: the run directory (made here), the directory of the programs, options for postgres.
# Whoever started us holds the other end of the pipe; the kernel closes it when they die, in
# whatever way, so that no server and no file outlives them.
dir=$1
bin=$2
shift 2
exec 3<&0 </dev/null

# Nobody else's, even if somebody has guessed the name.
mkdir -m 700 "$dir" || exit 1

child=
failed=0
trap 'kill -INT "$child" 2>/dev/null; failed=1' TERM

# Asks again every second: a program that is only just starting may not hear the first time.
(
    read -r _ <&3
    while kill -TERM $$ 2>/dev/null; do sleep 1; done
) >/dev/null 2>&1 &
watcher=$!

# `wait` returns early when a signal arrives; the program has ended when it is gone.
finish() {
    wait "$child"
    status=$?
    while kill -0 "$child" 2>/dev/null; do
        wait "$child"
        status=$?
    done
}

"$bin/initdb" -D "$dir/data" -U supabase_admin -A trust -E UTF8 --locale=C --no-sync \
    >>"$dir/log" 2>&1 3<&- &
child=$!
finish
if [ "$status" -eq 0 ] && [ "$failed" -eq 0 ]; then
    "$bin/postgres" -D "$dir/data" -k "$dir" "$@" >>"$dir/log" 2>&1 3<&- &
    child=$!
    finish
fi

kill "$watcher" 2>/dev/null
# The last words, for the one who started us.
tail -n 40 "$dir/log" >&2
# A child of the program's may still be writing.
rm -rf "$dir" || { sleep 1; rm -rf "$dir"; }
exit "$status"
