begin
    perform rollcall.stamp_profile(old.id);
exception
    when others or query_canceled or assert_failure then
        state := sqlstate;
        begin
            perform rollcall.record_failure(
                old.id, state, rollcall.reason_of(old.id, state, null, null, null)
            );
        exception
            when others or query_canceled or assert_failure then
                raise warning 'rollcall: no stamp for user % (SQLSTATE %), and no ledger (SQLSTATE %)',
                    old.id, state, sqlstate;
        end;
end;
