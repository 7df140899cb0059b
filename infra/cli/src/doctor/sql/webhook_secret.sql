-- Whether a secret of this name holds what the signup webhook takes: at least 24 bytes.
select exists (
    select from pg_catalog.string_to_table(s.decrypted_secret, '|') e
    where e ~ '^[[:space:]]*(v1,)?whsec_[A-Za-z0-9+/]{32,}=*[[:space:]]*$'
)
from vault.decrypted_secrets s
where s.name = $1
