//! The transaction pooler behind TLS: its certificate is verified in full, or there is no connection.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use rollcall_tests::{Deployed, Pooler, World, look, shapes, thrown};
use tempfile::TempDir;

use super::{ADA, sign_up};
use crate::pooler::is_left_out;

/// A certificate authority of our own, and a server's certificate by it for the name `localhost`.
struct Authority(TempDir);

impl Authority {
    fn new(name: &str) -> Self {
        let directory = TempDir::new().unwrap();
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o755)).unwrap();
        let authority = Self(directory);
        authority.openssl(&format!(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN={name} \
            -keyout ca.key -out ca.pem"
        ));
        authority.openssl(
            "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=pooler -keyout server.key -out server.csr",
        );
        fs::write(authority.file("names"), "subjectAltName = DNS:localhost").unwrap();
        authority.openssl(
            "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
            -extfile names -out server.pem",
        );
        // Whoever the pooler runs as reads it.
        fs::set_permissions(
            authority.file("server.key"),
            fs::Permissions::from_mode(0o644),
        )
        .unwrap();
        authority
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn pem(&self) -> String {
        fs::read_to_string(self.file("ca.pem")).unwrap()
    }

    fn openssl(&self, arguments: &str) {
        let directory: &Path = self.0.path();
        let done = Command::new("openssl")
            .args(arguments.split_whitespace())
            .current_dir(directory)
            .output()
            .expect("openssl is not installed");
        assert!(done.status.success(), "{done:?}");
    }
}

/// What a check says through the pooler, of a machine of this name and with this authority.
async fn check(url: &str, authority: Option<&str>) -> Result<String, (String, String)> {
    let variables: Vec<_> = authority
        .map(|pem| ("DATABASE_CA_CERT", pem))
        .into_iter()
        .collect();
    let function = Deployed::with_url("nightly-check", url, &variables).await;
    match function.invoke(look()).await {
        Ok(report) => Ok(report["status"].as_str().unwrap_or_default().to_owned()),
        failed => Err(thrown(failed)),
    }
}

#[tokio::test]
async fn only_the_right_machine_with_the_right_authority_is_spoken_to() {
    if is_left_out() {
        return;
    }
    let (sql, toml) = shapes::VERIFIED_USERS;
    let world = World::with(sql, toml).await;
    world.run("supabase_auth_admin", &sign_up(ADA)).await;
    let (authority, another) = (Authority::new("ours"), Authority::new("theirs"));
    let (certificate, key) = (authority.file("server.pem"), authority.file("server.key"));
    let pooler = Pooler::with_tls(&certificate, &key);
    let url = |host| pooler.tls_url("rollcall_app", host, &world);

    let by_text = check(&url("localhost"), Some(&authority.pem())).await;
    assert_eq!(by_text.unwrap(), "healthy");
    let path = authority.file("ca.pem").display().to_string();
    let by_path = check(&url("localhost"), Some(&path)).await;
    assert_eq!(by_path.unwrap(), "healthy");

    let (ours, theirs) = (authority.pem(), another.pem());
    let set = "UnknownIssuer; set DATABASE_CA_CERT to the certificate of the authority";
    let name = "; name the server in the connection string as its certificate does";
    for (host, pem, mend) in [
        ("localhost", Some(&*theirs), set),
        // The public authorities know nothing of it.
        ("localhost", None, set),
        ("127.0.0.1", Some(&*ours), name),
    ] {
        let (kind, sentence) = check(&url(host), pem).await.unwrap_err();
        assert_eq!(kind, "Unavailable", "{sentence}");
        assert!(sentence.contains(mend), "{host}: {sentence}");
    }
    let plain = url("localhost").replace("verify-full", "disable");
    let (kind, sentence) = check(&plain, None).await.unwrap_err();
    assert_eq!(kind, "Unavailable", "{sentence}");
}
