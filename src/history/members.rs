//! Who takes part.

use crate::base::ServerId;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The servers of a configuration.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Members {
    /// Those who decide, in ascending order.
    pub voters: Vec<ServerId>,
    /// Those who are told, in ascending order.
    pub observers: Vec<ServerId>,
}

impl fmt::Display for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |ids: &[ServerId]| {
            let ids: Vec<String> = ids.iter().map(ServerId::to_string).collect();
            ids.join(" ")
        };
        write!(f, "[{}", list(&self.voters))?;
        if !self.observers.is_empty() {
            write!(f, ", observers {}", list(&self.observers))?;
        }
        f.write_str("]")
    }
}
