drop procedure pg_temp.define(text, text, text, text);
drop procedure pg_temp.make_room(text, text, text);
drop procedure pg_temp.close(text, text, text);
drop procedure pg_temp.take_out_triggers();
drop function pg_temp.state_of(text, text);

commit;
