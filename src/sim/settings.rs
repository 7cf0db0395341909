//! How the world behaves where nothing is wrong with it: the `[network]` and `[disk]` tables of
//! scenarios and plans.

use crate::base::Ratio;
use serde::{Deserialize, Serialize};

/// The network between all nodes. Ranges are `[min, max]`, both included, drawn for every packet.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NetworkSettings {
    /// How long a packet takes, each direction for itself.
    pub latency_ms: [u64; 2],
    /// How long a dialler waits for an answer to its SYN.
    pub connect_timeout_ms: u64,
    /// How often bytes that were sent at once arrive in two pieces.
    pub split: Ratio,
}

impl Default for NetworkSettings {
    fn default() -> NetworkSettings {
        NetworkSettings {
            latency_ms: [1, 10],
            connect_timeout_ms: 1_000,
            split: Ratio { of: 1, among: 20 },
        }
    }
}

/// Every server's disk. Writes go into the page cache at once; syncing takes time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DiskSettings {
    /// How long a sync of a file or of the directory takes.
    pub sync_ms: [u64; 2],
    /// How often a sync stalls.
    pub stall: Ratio,
    /// How long such a stall lasts.
    pub stall_ms: [u64; 2],
}

impl Default for DiskSettings {
    fn default() -> DiskSettings {
        DiskSettings { sync_ms: [0, 4], stall: Ratio { of: 1, among: 200 }, stall_ms: [20, 200] }
    }
}
