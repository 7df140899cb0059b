-- Runs that are not through. A preview that found nobody is not waiting for anything.
select
    r.run_id as id,
    r.kind,
    r.state,
    r.planned,
    r.created + r.present + r.refused + r.gone as done,
    coalesce(r.started_at, r.planned_at) as since,
    coalesce(r.lease_until > now(), false) as is_held
from rollcall.runs r
where r.state <> 'completed' and not (r.state = 'planned' and r.planned = 0)
order by 6, 1
