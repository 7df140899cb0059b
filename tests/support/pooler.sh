# Runs one pgbouncer for as long as standard input stays open, then removes its directory.
#
# Arguments: the directory (made here), the program, its settings, its users. Whoever started us
# holds the other end of the pipe; the kernel closes it when they die, in whatever way.
dir=$1
exec 3<&0 </dev/null
mkdir -m 700 "$dir" || exit 1
printf '%s\n' "$3" >"$dir/pgbouncer.ini"
printf '%s\n' "$4" >"$dir/users"
"$2" "$dir/pgbouncer.ini" >"$dir/log" 2>&1 3<&- &
child=$!
(
    read -r _ <&3
    kill -TERM "$child"
) >/dev/null 2>&1 &
watcher=$!
wait "$child"
kill "$watcher" 2>/dev/null
# The last words, for the one who started us.
tail -n 20 "$dir/log" >&2
rm -rf "$dir"
