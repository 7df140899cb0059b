-- What is wrong and not yet proved mended.
select i.incident_id as id, i.severity, i.cause, i.sentence, i.began_at
from rollcall.incidents i
where i.resolved_at is null
order by i.severity, i.opened_at, i.incident_id
