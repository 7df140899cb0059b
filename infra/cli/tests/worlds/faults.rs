//! The library of faults, which the watch tells the causes of.

use rollcall_tests::{FAULTS, people};

use crate::{
    Case, ROLES,
    truth::{BAD, Shape, Truth},
    walk,
};

#[tokio::test]
async fn each_fault_is_told_alike() {
    let _roles = ROLES.read().await;
    let cases = FAULTS.iter().map(|fault| {
        let trigger = fault.kind.strip_prefix("trigger_").unwrap_or("active");
        let truth = Truth {
            trigger: if fault.restored { "active" } else { trigger },
            ..BAD
        };
        let auth = "supabase_auth_admin";
        let mut case = Case::new(fault.name, truth).then(auth, people::insert(1, 2, 0));
        for (role, sql) in fault.before {
            case = case.then(role, *sql);
        }
        let four = people::insert(100, 4, 0);
        case = if fault.restored {
            case.then("supabase_admin", people::unnoticed(&four))
        } else {
            case.then(auth, four)
        };
        for (role, sql) in fault.after {
            case = case.then(role, *sql);
        }
        case
    });
    walk(&Shape::users(), cases.collect()).await;
}
