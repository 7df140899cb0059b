-- The same from the installed roll, which knows of exclusions, too.
select
    r.eligible,
    r.profiles,
    r.ghosts,
    r.orphaned_profiles as orphans
from rollcall.take_roll() r
