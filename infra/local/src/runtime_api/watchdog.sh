# Kills the processes that it was told about when standard input ends.
#
# Reads lines: "+ <pid>" when a process was started, "- <pid>" when one has ended. The writer need
# not say goodbye: the kernel closes the pipe when it dies, in whatever way.
pids=' '
while read -r sign pid; do
    case $sign in
        +) pids="$pids$pid " ;;
        -) pids="${pids%% "$pid" *} ${pids#* "$pid" }" ;;
    esac
done
for pid in $pids; do
    kill -9 "$pid" 2>/dev/null
done
