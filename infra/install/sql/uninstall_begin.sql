-- Rollcall {{version}}: takes itself out of this database again, all but the profiles and
-- what is evidence: the audit log (public.cleanup_audit_log) and public.error_logs. What an adopted
-- trigger and function replaced is put back.
--
-- Rendered by `rollcall sql --uninstall`. It is one transaction.

begin;

set local lock_timeout = '2s';
set local client_min_messages = 'warning';
set local search_path = '';
