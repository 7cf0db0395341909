//! The determinism guard: the same scenario and seed in another process give the same history.

use std::path::Path;
use std::process::{Command, Output, Stdio};

/// What the guard found out about one run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Guard {
    /// This run was done only once.
    NotAsked,
    /// Both histories have the same digest.
    Same,
    /// They have not.
    Differs {
        /// The digest of the other process.
        elsewhere: u64,
    },
    /// The other process ended without a digest.
    Failed {
        /// Why, in words.
        reason: String,
    },
}

/// What a second process needs to do the same run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Twin<'a> {
    pub file: &'a Path,
    pub seed: u64,
    pub mutant: Option<&'a str>,
}

/// Does the run again, with this program in a process of its own (`menagerie digest`).
pub(super) fn compare(digest: u64, twin: Twin<'_>) -> Guard {
    match digest_elsewhere(twin) {
        Ok(elsewhere) if elsewhere == digest => Guard::Same,
        Ok(elsewhere) => Guard::Differs { elsewhere },
        Err(reason) => Guard::Failed { reason },
    }
}

fn digest_elsewhere(twin: Twin<'_>) -> Result<u64, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new(program);
    command.arg("digest").arg(twin.file).arg("--seed").arg(twin.seed.to_string());
    if let Some(mutant) = twin.mutant {
        command.args(["--mutant", mutant]);
    }
    read_digest(command.stdin(Stdio::null()).output().map_err(|error| error.to_string())?)
}

fn read_digest(output: Output) -> Result<u64, String> {
    let said = String::from_utf8_lossy(&output.stdout);
    let digest = u64::from_str_radix(said.trim(), 16);
    digest.map_err(|_| {
        let errors = String::from_utf8_lossy(&output.stderr);
        format!("the second process ended with {}: {}", output.status, errors.trim())
    })
}
