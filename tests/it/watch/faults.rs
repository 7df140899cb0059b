//! The library of faults: what went wrong is done to a world that was well, people sign up, and
//! the check has to say why they are without a profile, or that it does not know.

use rollcall_tests::FAULTS;

use super::*;

#[tokio::test]
async fn each_fault_is_told_by_its_right_cause_and_none_by_a_wrong_one() {
    let mut wrong = vec![];
    let mut right = 0;
    for fault in FAULTS {
        let watched = Watched::new().await;
        watched.sign_up(1, 2).await;
        watched.check().await;
        for (role, sql) in fault.before {
            watched.counted(role, sql).await;
        }
        if fault.restored {
            watched.restore(100, 4).await;
        } else {
            watched.sign_up(100, 4).await;
        }
        for (role, sql) in fault.after {
            watched.counted(role, sql).await;
        }
        let report = watched.check().await;
        let told = cause(&report);
        if told == fault.kind {
            right += 1;
        } else {
            let sentence = &report["cause"]["sentence"];
            wrong.push(format!(
                "{}: {told}, not {}: {sentence}",
                fault.name, fault.kind
            ));
        }
    }
    assert!(wrong.is_empty(), "{right} are right, but {wrong:#?}");
}
