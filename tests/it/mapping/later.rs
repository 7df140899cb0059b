//! What the configuration can ask for and this version does not do yet.

use rollcall_tests::World;

use super::{FILE, WORLD, check, refusals};

#[tokio::test]
async fn what_is_not_there_is_refused_by_name_and_not_ignored() {
    let world = World::bare(WORLD).await;
    let webhook = "[webhook]\nurl = \"https://rollcall.example.com/\"\nvault_secret = \"a\"";
    let refused = refusals(&world, &format!("{FILE}{webhook}\n")).await;
    assert_eq!(refused.len(), 1, "{refused:?}");
    let refusal = "webhook: is not there in this version; leave the section out";
    assert!(refused[0].starts_with(refusal), "{refused:?}");
    check(&world, &format!("{FILE}[check]\ncanary = true\n"))
        .await
        .unwrap();
}
