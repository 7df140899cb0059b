//! The installing role loses BYPASSRLS while the schedules run. The role belongs to the whole
//! server, which is why this is not among the tests of the watch.

use rollcall_tests::{Deployed, Mailbox, people};
use serde_json::json;

use crate::{ROLES, truth::Shape};

#[tokio::test]
async fn lost_between_two_pulses_it_pages_once_and_is_never_green() {
    let _alone = ROLES.write().await;
    let world = Shape::users().installed().await;
    people::people(&world, 1, 3).await;
    let mailbox = Mailbox::open().await;
    let url = mailbox.url();
    let channels = [("SLACK_WEBHOOK_URL", url.as_str())];
    let nightly = Deployed::start("nightly-check", &world, "rollcall_app", &channels).await;
    let pulse = Deployed::start("pulse", &world, "rollcall_app", &channels).await;
    for function in [&nightly, &pulse] {
        let report = function.invoke(json!({})).await.unwrap();
        assert_eq!(report["status"], "healthy", "{report:#}");
    }
    let _ = mailbox.take();

    let lose = "alter role postgres nobypassrls";
    world.run("supabase_admin", lose).await;
    let blind = pulse.invoke(json!({})).await;
    let again = pulse.invoke(json!({})).await;
    let night = nightly.invoke(json!({})).await;
    let pages = mailbox.take();
    let give_back = "alter role postgres bypassrls";
    world.run("supabase_admin", give_back).await;

    for report in [blind.unwrap(), again.unwrap(), night.unwrap()] {
        assert_eq!(report["status"], "critical", "{report:#}");
        assert_eq!(report["trigger"]["state"], "altered", "{report:#}");
        let detail = report["trigger"]["detail"].as_str().unwrap();
        let hidden = "row security hides auth.users from postgres";
        assert!(detail.contains(hidden), "{detail}");
    }
    assert_eq!(pages.len(), 1, "{pages:#?}");
    let mended = nightly.invoke(json!({})).await.unwrap();
    assert_eq!(mended["status"], "healthy", "{mended:#}");
    assert_eq!(mended["incident"]["state"], "resolved", "{mended:#}");
    assert_eq!(mailbox.take().len(), 1);
}
