# Runs one program for as long as standard input stays open, then removes its directory.
#
# Arguments: the directory (made here), the program and its arguments. What it says is in the
# directory's log. Whoever started us holds the other end of the pipe; the kernel closes it when
# they die, in whatever way.
dir=$1
shift
exec 3<&0 </dev/null
mkdir -m 700 "$dir" || exit 1
"$@" >"$dir/log" 2>&1 3<&- &
child=$!
(
    read -r _ <&3
    kill -TERM "$child"
) >/dev/null 2>&1 &
watcher=$!
wait "$child"
kill "$watcher" 2>/dev/null
rm -rf "$dir"
