-- Messages that no channel has taken yet.
select
    count(*) as unsent,
    count(*) filter (where o.attempts > 0) as failed,
    extract(epoch from now() - min(o.queued_at))::bigint as oldest
from rollcall.outbox o
where o.sent_at is null
