//! The registries as people see them: names with a line each.

use crate::checkers::{self, Property};
use crate::{faults, mutants, workloads};
use serde::Serialize;

/// A registry whose names scenarios use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Registry {
    /// What goes wrong.
    Faults,
    /// What clients do.
    Workloads,
    /// Who judges.
    Checkers,
    /// Historical bugs.
    Mutants,
}

/// A line of a registry.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Listed {
    /// As scenarios and reports call it.
    pub name: String,
    /// What it is, in a line.
    pub about: String,
    /// Of a checker: `safety` or `liveness`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub property: Option<Property>,
    /// Of a mutant: the checkers that see it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub caught_by: Vec<String>,
}

impl Listed {
    /// A line with nothing more to say.
    pub fn new(name: &str, about: &str) -> Listed {
        Listed {
            name: name.to_owned(),
            about: about.to_owned(),
            property: None,
            caught_by: Vec::new(),
        }
    }
}

impl Registry {
    /// What is registered, in the order of the table.
    pub fn lines(self) -> Vec<Listed> {
        match self {
            Registry::Faults => {
                faults::ALL.iter().map(|entry| Listed::new(entry.name, entry.about)).collect()
            }
            Registry::Workloads => {
                workloads::ALL.iter().map(|entry| Listed::new(entry.name, entry.about)).collect()
            }
            Registry::Checkers => checkers::ALL.iter().map(checker).collect(),
            Registry::Mutants => mutants::ALL.iter().map(mutant).collect(),
        }
    }
}

fn checker(entry: &checkers::Entry) -> Listed {
    Listed { property: Some(entry.property), ..Listed::new(entry.name, entry.about) }
}

fn mutant(entry: &mutants::Mutant) -> Listed {
    let caught_by = entry.caught_by.iter().map(|&name| name.to_owned()).collect();
    Listed { caught_by, ..Listed::new(entry.name, entry.story) }
}
