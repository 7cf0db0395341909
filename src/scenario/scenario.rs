//! A scenario: a person's wish, as a TOML file. Says what happens, how often and for how long, and
//! leaves the rest to a seed.

use super::error::Source;
use super::{EnsembleWish, Expect, ScenarioError, validate};
use crate::base::Range;
use crate::sim::{DiskSettings, NetworkSettings};
use serde::Deserialize;
use std::path::Path;
use toml::{Spanned, Table};

/// A scenario whose every name and option is known to be valid.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// The file's name without `.toml`.
    #[serde(skip)]
    pub name: String,
    /// What happens, and what must not happen, in prose.
    pub about: String,
    /// How its runs have to end.
    #[serde(default)]
    pub expect: Expect,
    /// With `expect = "violation"`: the checkers that may be the ones to see it.
    #[serde(default)]
    pub caught_by: Vec<String>,
    /// The planted bug that its servers have.
    pub mutant: Option<String>,
    /// Who judges.
    pub checkers: Vec<String>,
    /// How long clients and faults are at work.
    #[serde(default = "one_minute")]
    pub duration_ms: u64,
    /// How long everything may take to come to rest afterwards.
    #[serde(default = "one_minute")]
    pub settle_ms: u64,
    /// The servers.
    #[serde(default)]
    pub ensemble: EnsembleWish,
    /// The network, where nothing is wrong with it.
    #[serde(default)]
    pub network: NetworkSettings,
    /// The disks, where nothing is wrong with them.
    #[serde(default)]
    pub disk: DiskSettings,
    /// What clients do.
    #[serde(rename = "workload")]
    pub workloads: Vec<Spanned<WorkloadWish>>,
    /// What goes wrong.
    #[serde(rename = "fault", default)]
    pub faults: Vec<Spanned<FaultWish>>,
}

/// A `[[workload]]` table.
#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct WorkloadWish {
    /// One of `workloads::names()`.
    pub name: String,
    /// How many clients do this.
    pub clients: u32,
    /// How many requests each of them makes, roughly.
    pub ops: u32,
    /// Whether a server that only reads will do for them (`canBeReadOnly`).
    #[serde(default)]
    pub read_only: bool,
    /// The workload's own options.
    #[serde(flatten)]
    pub options: Table,
}

/// A `[[fault]]` table.
#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct FaultWish {
    /// One of `faults::names()`.
    pub name: String,
    /// How much time passes from one start to the next, unless the fault lasts longer.
    pub every_ms: Range<u64>,
    /// How long it lasts.
    pub lasts_ms: Range<u64>,
    /// Before this, counted from the beginning of the load, nothing happens.
    #[serde(default)]
    pub from_ms: u64,
    /// The fault's own options.
    #[serde(flatten)]
    pub options: Table,
}

impl Scenario {
    /// Reads a scenario from its file.
    pub fn load(path: &Path) -> Result<Scenario, ScenarioError> {
        let text = read(path)?;
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        Scenario::read(&stem, Source { file: &path.display().to_string(), text: &text })
    }

    /// The scenario of this name that `text` describes.
    pub fn parse(name: &str, text: &str) -> Result<Scenario, ScenarioError> {
        Scenario::read(name, Source { file: &format!("{name}.toml"), text })
    }

    fn read(name: &str, source: Source<'_>) -> Result<Scenario, ScenarioError> {
        let read = toml::from_str::<Scenario>(source.text);
        let mut scenario = read.map_err(|error| source.no_toml(&error))?;
        scenario.name = name.to_owned();
        validate::scenario(&scenario, source)?;
        Ok(scenario)
    }
}

/// A whole file as text.
pub(super) fn read(path: &Path) -> Result<String, ScenarioError> {
    let unreadable = |error| ScenarioError::Unreadable { file: path.to_owned(), error };
    std::fs::read_to_string(path).map_err(unreadable)
}

fn one_minute() -> u64 {
    60_000
}
