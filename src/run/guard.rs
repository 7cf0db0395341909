//! The determinism guard: the same scenario and seed in another process give the same history.

use crate::history::{self, Event};
use std::io;
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
        /// What happened there.
        history: Vec<Event>,
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
    match perform(twin) {
        Ok(output) => judge(digest, &output),
        Err(error) => Guard::Failed { reason: error.to_string() },
    }
}

fn judge(digest: u64, output: &Output) -> Guard {
    match read(output) {
        Ok((elsewhere, _)) if elsewhere == digest => Guard::Same,
        Ok((elsewhere, lines)) => match history::read(lines) {
            Ok(history) => Guard::Differs { elsewhere, history },
            Err(error) => Guard::Failed { reason: error.to_string() },
        },
        Err(reason) => Guard::Failed { reason },
    }
}

fn perform(twin: Twin<'_>) -> io::Result<Output> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("digest").arg(twin.file).arg("--seed").arg(twin.seed.to_string());
    if let Some(mutant) = twin.mutant {
        command.args(["--mutant", mutant]);
    }
    command.stdin(Stdio::null()).output()
}

/// The digest stands on the first line, the history behind it.
fn read(output: &Output) -> Result<(u64, &[u8]), String> {
    let mut parts = output.stdout.splitn(2, |&byte| byte == b'\n');
    let first = parts.next().map(String::from_utf8_lossy).unwrap_or_default();
    match u64::from_str_radix(first.trim(), 16) {
        Ok(digest) => Ok((digest, parts.next().unwrap_or_default())),
        Err(_) => {
            let errors = String::from_utf8_lossy(&output.stderr);
            Err(format!("the second process ended with {}: {}", output.status, errors.trim()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Time;
    use crate::history::{Phase, What};
    use std::process::ExitStatus;

    fn said(stdout: Vec<u8>) -> Output {
        Output { status: ExitStatus::default(), stdout, stderr: b"why\n".to_vec() }
    }

    #[test]
    fn another_history_is_kept() {
        let at = Time::from_ms(3);
        let events = vec![Event { index: 0, at, what: What::Phase(Phase::Load) }];
        let mut stdout = b"00ff\n".to_vec();
        history::write(&events, &mut stdout).unwrap();
        let found = judge(0xff, &said(stdout.clone()));
        assert_eq!(found, Guard::Same);
        let found = judge(0xfe, &said(stdout));
        assert_eq!(found, Guard::Differs { elsewhere: 0xff, history: events });
    }

    #[test]
    fn a_process_without_a_digest_is_no_verdict() {
        for stdout in [&b""[..], b"nothing\n", b"ff\nno history\n"] {
            let found = judge(1, &said(stdout.to_vec()));
            assert!(matches!(found, Guard::Failed { .. }), "{found:?}");
        }
    }
}
