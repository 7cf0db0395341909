//! From a plan that fails to a smaller one that fails in the same way: delta debugging over plans.
//!
//! First everything that the run drew is fixed in the plan (`fix.rs`), so that taking one thing away
//! moves nothing else; then things are taken away (`remove.rs`) and made simpler (`simplify.rs`) as
//! long as the same checker sees the same kind of violation (`trial.rs`). The search itself
//! (`search.rs`) is pure: it proposes plans and is told which one still fails.

mod fix;
mod neighbours;
mod remove;
mod search;
mod shrinker;
mod simplify;
mod size;
mod trial;

pub use fix::fixed;
pub use neighbours::{does, neighbours};
pub use search::{Failing, Tried, in_world, shrink};
pub use shrinker::{Limits, Progress, Shrinker, Shrunk};
pub use size::Size;
