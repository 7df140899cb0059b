select c.version
from rollcall.configuration c
