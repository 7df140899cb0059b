//! A backfill by the function of a deployed stack.

use std::path::PathBuf;

use rollcall_domain::{
    backfill::{Answer, Order},
    run::go_on,
};
use serde_json::{Value, json};

use super::{Asked, Mode};
use crate::{
    deployed::{Operation, Stack, Work},
    export,
    failure::Failure,
    output::Output,
};

impl Asked {
    /// Has it done and proved, call after call.
    #[expect(
        clippy::option_option,
        reason = "not asked for, asked for, and with a name"
    )]
    pub(super) async fn by(
        &self,
        stack: &Stack,
        export: Option<Option<PathBuf>>,
        output: &mut Output,
    ) -> Result<Answer, Failure> {
        let is_listed = export.is_some();
        export::refuse_file(export.flatten().as_deref())?;
        if self.mode == Mode::Preview {
            export::refuse_preview(is_listed)?;
            // The function gives a preview its id.
            return stack
                .ask(Operation::Backfill, &self.event(is_listed), output)
                .await;
        }
        let work = Work {
            operation: Operation::Backfill,
            event: self.event(is_listed),
            next: go_on("backfill", self.run_id),
        };
        stack.finish(&work, output).await
    }

    /// The run is named before the first call, so that one whose answer is lost is not planned twice.
    fn event(&self, is_listed: bool) -> Value {
        let Order {
            scope,
            reason,
            batch_size,
            accept_side_effects,
            confirm_count,
        } = &self.order;
        let (mode, run_id) = match self.mode {
            Mode::Preview => ("preview", None),
            Mode::Run => ("run", Some(self.run_id)),
            Mode::Cancel => ("cancel", Some(self.run_id)),
        };
        json!({
            "mode": mode,
            "run_id": run_id,
            "user_ids": scope.user_ids,
            "created_after": scope.created_after,
            "created_before": scope.created_before,
            "max_users": scope.max_users,
            "batch_size": batch_size,
            "reason": reason,
            "accept_side_effects": accept_side_effects,
            "confirm_count": confirm_count,
            "export": is_listed,
        })
    }
}
