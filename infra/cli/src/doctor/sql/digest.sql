-- What was installed, by a function that Rollcall's roles may call, too.
select c.digest
from rollcall.read_configuration() c
