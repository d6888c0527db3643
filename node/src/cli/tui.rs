//! `kinora` alone: will open the terminal program; its screens are not wired yet, and it says so.

use super::context::Context;
use crate::error::{self, CommandError, Hint as _};

/// Says what there is instead.
///
/// # Errors
/// Always, until the screens are part of the program.
pub fn run(context: &Context) -> Result<(), CommandError> {
    tracing::debug!(home = %context.place.home.display(), "the terminal program was asked for");
    Err(error::request("the terminal program is not part of this version yet")
        .hint("`kinora make \"a red fox at the beach\"` makes a clip; `kinora feed` and `kinora play` show clips")
        .hint("`kinora help` lists the verbs")
        .into())
}
