//! What a run comes to, and the exit status that says so. Decided here and nowhere else.

use crate::checkers::{self, Check, Property, Verdict};
use crate::scenario::{Expect, Plan};

/// The name under which an invariant broken inside a server is reported.
pub const INVARIANTS: &str = "invariants";

/// What a run comes to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum RunVerdict {
    /// Every property that was at risk held.
    Pass,
    /// A violation was expected, and one of the named checkers found it.
    Caught,
    /// A violation was expected, and not found.
    Missed,
    /// No property was ever at risk.
    Vacuous,
    /// The run ended before its properties could be judged.
    Unknown,
    /// What was owed was never paid.
    Liveness,
    /// Something bad happened.
    Safety,
}

/// The exit status of a command. Later ones outweigh earlier ones.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Exit {
    /// The expectation held.
    Held,
    /// It could not be found out: a mistake in what was given, or a run that shows nothing.
    NotFoundOut,
    /// A liveness property does not hold.
    Liveness,
    /// A safety property does not hold.
    Safety,
    /// The same plan gave two histories; no other result can be trusted.
    Diverged,
}

impl Exit {
    /// The status as the shell sees it.
    pub fn code(self) -> u8 {
        match self {
            Exit::Held => 0,
            Exit::Safety => 1,
            Exit::NotFoundOut => 2,
            Exit::Liveness => 3,
            Exit::Diverged => 4,
        }
    }
}

impl RunVerdict {
    /// The exit status of a program that did this one run.
    pub fn exit(self) -> Exit {
        match self {
            RunVerdict::Pass | RunVerdict::Caught => Exit::Held,
            RunVerdict::Missed | RunVerdict::Vacuous | RunVerdict::Unknown => Exit::NotFoundOut,
            RunVerdict::Liveness => Exit::Liveness,
            RunVerdict::Safety => Exit::Safety,
        }
    }

    /// True when the expectation held.
    pub fn held(self) -> bool {
        self.exit() == Exit::Held
    }

    /// True when there is something to see: a violation, or a run that did not end as it had to.
    pub fn is_worth_a_picture(self) -> bool {
        !self.held() || self == RunVerdict::Caught
    }

    /// What the checkers say, in the word that reports use; the expectation left out.
    pub fn word(self) -> &'static str {
        match self {
            RunVerdict::Pass | RunVerdict::Missed => "pass",
            RunVerdict::Caught | RunVerdict::Liveness | RunVerdict::Safety => "violation",
            RunVerdict::Vacuous => "vacuous",
            RunVerdict::Unknown => "unknown",
        }
    }
}

/// What a run with these checks comes to, given what the plan expects.
///
/// A violation that nobody expected counts as such also where another one was expected.
pub fn verdict_of(plan: &Plan, checks: &[Check]) -> RunVerdict {
    let plain = plain_verdict(checks);
    match plan.expect {
        Expect::Pass => plain,
        Expect::Violation if checks.iter().any(|check| catches(plan, check)) => RunVerdict::Caught,
        Expect::Violation if plain == RunVerdict::Pass => RunVerdict::Missed,
        Expect::Violation => plain,
    }
}

fn catches(plan: &Plan, check: &Check) -> bool {
    check.verdict == Verdict::Violation && plan.caught_by.contains(&check.checker)
}

/// What a run with these checks comes to where nothing is expected.
pub fn plain_verdict(checks: &[Check]) -> RunVerdict {
    match checkers::overall(checks) {
        (Verdict::Pass, _) => RunVerdict::Pass,
        (Verdict::Vacuous, _) => RunVerdict::Vacuous,
        (Verdict::Unknown, _) => RunVerdict::Unknown,
        (Verdict::Violation, Some(Check { property: Property::Liveness, .. })) => {
            RunVerdict::Liveness
        }
        (Verdict::Violation, _) => RunVerdict::Safety,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;

    const SCENARIO: &str = r#"
        about = "A test."
        expect = "violation"
        caught_by = ["write_order"]
        checkers = ["write_order", "progress"]
        workload = [{ name = "register", clients = 1, ops = 1 }]
    "#;

    fn check(checker: &str, property: Property, verdict: Verdict) -> Check {
        let checker = checker.to_owned();
        Check { checker, property, verdict, checked: 1, violation: None, at: None }
    }

    fn verdicts(safety: Verdict, liveness: Verdict) -> (RunVerdict, RunVerdict) {
        let expecting = Plan::draw(&Scenario::parse("x", SCENARIO).unwrap(), 1);
        let mut plain = expecting.clone();
        plain.expect = Expect::Pass;
        let checks = [
            check("write_order", Property::Safety, safety),
            check("progress", Property::Liveness, liveness),
        ];
        (verdict_of(&plain, &checks), verdict_of(&expecting, &checks))
    }

    #[test]
    fn a_verdict_follows_from_the_checks_and_the_expectation() {
        use Verdict::{Pass, Unknown, Vacuous, Violation};
        let both = |verdict| (verdict, verdict);
        assert_eq!(verdicts(Pass, Pass), (RunVerdict::Pass, RunVerdict::Missed));
        assert_eq!(verdicts(Violation, Violation), (RunVerdict::Safety, RunVerdict::Caught));
        assert_eq!(verdicts(Pass, Violation), both(RunVerdict::Liveness));
        assert_eq!(verdicts(Pass, Unknown), both(RunVerdict::Unknown));
        assert_eq!(verdicts(Vacuous, Vacuous), both(RunVerdict::Vacuous));
    }

    #[test]
    fn exit_statuses_are_those_of_the_manual() {
        let all = [Exit::Held, Exit::Safety, Exit::NotFoundOut, Exit::Liveness, Exit::Diverged];
        assert_eq!(all.map(Exit::code), [0, 1, 2, 3, 4]);
        assert_eq!(all.iter().max(), Some(&Exit::Diverged));
        assert!(Exit::Safety > Exit::Liveness && Exit::Liveness > Exit::NotFoundOut);
    }
}
