//! The draft of a post-mortem.

use super::*;

#[test]
fn the_draft_tells_what_is_known_and_asks_for_the_rest() {
    let post_mortem = |incident| {
        post_mortem(&PostMortem {
            read_at: now(),
            incident,
            runs: vec![run()],
        })
        .unwrap()
    };
    let draft = post_mortem(incident());
    for expected in [
        "# Post-mortem: the trigger does not do its work\n",
        "| Severity | P0 |\n| Began | 19 Nov 2026, 08:02 UTC |\n",
        "| Detected | 19 Nov 2026, 09:02 UTC, after 1 hour |\n",
        "| Resolved | 20 Nov 2026, 10:02 UTC, after 1 day 2 hours (1 day 1 hour from detection) |\n",
        "| Affected | 12 users at most in one check |\n",
        "\n- 19 Nov 2026, 08:02 UTC: began, as far as the evidence goes\n\
         - 19 Nov 2026, 09:02 UTC: opened (P1): 3 ghosts\n\
         - 20 Nov 2026, 08:02 UTC: backfill `00000000-0000-0000-0000-000000000009` planned: 12 users\n",
        "- Scheduled checks created 2 profiles.\n",
        "- The backfill `00000000-0000-0000-0000-000000000009`: 9 profiles created, 1 there already, \
         2 refused, 0 no longer eligible.\n",
    ] {
        assert!(draft.contains(expected), "{expected}\n---\n{draft}");
    }
    assert!(draft.matches("**TO FILL IN:**").count() >= 6, "{draft}");
    let open = post_mortem(Incident {
        resolved_at: None,
        ..incident()
    });
    assert!(
        open.contains("| Resolved | not yet; open for 1 day 6 hours |\n"),
        "{open}"
    );
}
