//! What is to be run: a scenario is a person's wish, a plan is that wish with a seed, drawn out so
//! that nothing is left to chance but what the plan's seed and a label name.

mod ensemble;
mod error;
mod fixed;
mod names;
mod plan;
mod registry;
#[allow(clippy::module_inception, reason = "the file is named after what it owns")]
mod scenario;
mod schedule;
mod seed;
mod validate;

pub use ensemble::{Ensemble, EnsembleWish};
pub use error::ScenarioError;
pub use fixed::{PlanActions, PlanStep};
pub use names::unknown_in;
pub use plan::{Expect, FORMAT, Plan, PlanClient, PlanFault};
pub use registry::{Listed, Registry};
pub use scenario::{FaultWish, Scenario, WorkloadWish};
