//! A trigger that came between a plan and its application is refused by its name.

use super::*;

const CAME: &str = "
    create function public.fired() returns trigger language plpgsql as 'begin return null; end';
    create trigger later after update on public.users
        for each row execute function public.fired()";

#[tokio::test]
async fn what_came_since_a_plan_is_refused_and_what_it_named_is_not() {
    let world = left_over().await;
    let before = world.ask(ALL).await;
    let planned = plan(&world).await;
    world.run("postgres", CAME).await;
    let event = json!({"action": "apply", "run_id": planned["run_id"], "confirm_count": 4});
    let (kind, sentence) = thrown(repair(&world).await.invoke(event).await);
    assert_eq!(kind, "Rejected", "{sentence}");
    assert!(
        sentence.contains("trigger later on public.users") && sentence.ends_with("plan again"),
        "{sentence}"
    );
    assert_eq!(world.ask(ALL).await, before);
    let done = apply(&world, &plan(&world).await).await;
    assert_eq!(done["status"], "completed", "{done:#}");

    // The undo, too, was looked at before another came.
    let event = json!({"action": "undo", "run_id": done["run_id"], "confirm_count": 7});
    let (_, sentence) = thrown(repair(&world).await.invoke(event).await);
    assert!(sentence.contains("confirm_count 4"), "{sentence}");
    let another = "create trigger latest after update on public.users
        for each row execute function public.fired()";
    world.run("postgres", another).await;
    let event = json!({"action": "undo", "run_id": done["run_id"]});
    let (_, sentence) = thrown(repair(&world).await.invoke(event).await);
    assert!(
        sentence.contains("trigger latest on public.users"),
        "{sentence}"
    );
    assert!(
        !sentence.contains("trigger later on public.users"),
        "{sentence}"
    );
    undo(&world, &done).await;
    assert_eq!(world.ask(ALL).await, before);
}
